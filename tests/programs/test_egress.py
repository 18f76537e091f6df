"""The one way out of an install: connections to the hosts that were named, and to no other."""

import json
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.heard.append((self.path, self.headers.get("Host"), self.headers.get("Connection")))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def way(site, tmp_path):
    """(path of its socket, its process): a way to that site only."""
    path = str(tmp_path / "out")
    words = [sys.executable, "-I", "-m", "autonomy_pack.programs.egress"]
    program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
    told = {"socket": path, "hosts": [f"127.0.0.1:{site.server_port}", "Registry.Example:443"]}
    program.stdin.write(json.dumps(told).encode() + b"\n")
    program.stdin.flush()
    assert json.loads(program.stdout.readline())["kind"] == "ready"
    yield path, program
    program.stdin.close()
    assert program.wait(20) == 0
    program.stdout.close()


def said(path, request):
    with socket.socket(socket.AF_UNIX) as near:
        near.settimeout(20)
        near.connect(path)
        near.sendall(request)
        near.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := near.recv(4096):
            heard += piece
    return heard


def test_a_tunnel_to_the_named_host_carries_bytes_both_ways(way, site):
    host = f"127.0.0.1:{site.server_port}"
    asked = f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\nGET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    heard = said(way[0], asked.encode())
    assert heard.startswith(b"HTTP/1.1 200 Connection established\r\n\r\n")
    assert heard.endswith(b"ok")
    assert site.heard[0][0] == "/in"


def test_a_plain_request_becomes_one_for_the_host_and_the_last_on_its_connection(way, site):
    asked = f"GET http://127.0.0.1:{site.server_port}/a?b=1 HTTP/1.1\r\nHost: h\r\nProxy-Connection: keep-alive\r\n\r\n"
    assert said(way[0], asked.encode()).endswith(b"ok")
    assert site.heard == [("/a?b=1", "h", "close")]


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1:1",
        "localhost:{port}",
        "127.0.0.1.evil.example:{port}",
        "evil-127.0.0.1:{port}",
        "registry.example.evil.example:443",
        "registry.example:8443",
        "registry.example:80",
        "[::1]:{port}",
    ],
)
def test_every_other_host_or_port_is_refused_and_told(way, site, target):
    target = target.format(port=site.server_port)
    heard = said(way[0], f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
    assert heard.startswith(b"HTTP/1.1 403 ")
    assert json.loads(way[1].stdout.readline())["kind"] == "refused"
    assert site.heard == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"CONNECT  HTTP/1.1\r\n\r\n",
        b"CONNECT evil\0.registry.example:443 HTTP/1.1\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"GET /path HTTP/1.1\r\n\r\n",
        b"garbage\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_request_gets_no_connection(way, site, request_bytes):
    heard = said(way[0], request_bytes)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 403 ")
    assert site.heard == []
    assert said(way[0], f"GET http://127.0.0.1:{site.server_port}/ HTTP/1.1\r\n\r\n".encode()).endswith(b"ok")
