"""A program in a box does not find the keys of whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import ctypes, os, subprocess, sys
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES
NEW = {"x86_64": (248, 250), "aarch64": (217, 219)}
add_key, keyctl = NEW[os.uname().machine]
libc = ctypes.CDLL(None)
libc.syscall(keyctl, 1, None)
if libc.syscall(add_key, b"user", b"autonomy-test", b"secret", 6, -3) < 0:
    print("no keys"); sys.exit()
look = f"import ctypes; print(ctypes.CDLL(None).syscall({keyctl}, 10, -3, b'user', b'autonomy-test', 0) > 0)"
plain = [sys.executable, "-c", look]
boxed = SANDBOXES["none"].wrap(Command(argv=tuple(plain), cwd="/", env=dict(os.environ)), Room(work="/"))
for argv in (plain, boxed.argv):
    print(subprocess.run(argv, capture_output=True, text=True, env=dict(os.environ)).stdout.strip())
"""


@pytest.mark.skipif(os.uname().machine not in ("x86_64", "aarch64"), reason="the call's number is known for these only")
def test_keys_of_the_session_stay_outside() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout.split("\n")
    if told[0] == "no keys":
        pytest.skip("this kernel keeps no keys for this user")
    assert told[:2] == ["True", "False"]
