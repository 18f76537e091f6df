"""Confinement: no path, however it is spelled and whatever links there are, reaches anything outside the folder."""

import os
import stat
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.edges.confined import MAX_BYTES, Confined, NotThere, Refused, is_git, parts
from autonomy_pack.errors import PackError

OUTSIDE = ["\ud800", "/etc/passwd", "../x", "a/../../x", "a/..", "..", "", ".", "a/", "a\\b", "..\\x", "C:/x", "a\0b"]
GIT = [".git/config", "a/.git/x", ".GIT/x", ".Git", "a/.git", "git~1/x", ".git./x", ".git /x", ".git::$INDEX/x"]
GIT += [".g\u200cit/x", ".\u200egit/x", ".ｇit/x", ".gi\ufeff\u0074/x", "GIT~1"]


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "work"
    (folder / "src/deep").mkdir(parents=True)
    (folder / "a.txt").write_text("hello\n")
    (folder / "src/b.py").write_text("x = 1\n")
    (folder / "src/deep/c.py").write_text("y = 1\n")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("[core]\n")
    (tmp_path / "secret").write_text("secret\n")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    (folder / "loop").symlink_to("loop")
    return folder


@pytest.mark.parametrize("path", OUTSIDE + GIT)
def test_a_path_that_leads_elsewhere_is_refused_by_every_operation(tree, path):
    place = Confined(str(tree))
    for attempt in (
        lambda: place.read(path),
        lambda: place.write(path, b"x"),
        lambda: place.delete(path),
        lambda: place.move(path, "new"),
        lambda: place.move("a.txt", path),
        lambda: place.glob([path]),
    ):
        with pytest.raises(Refused) as caught:
            attempt()
        assert caught.value.fix
    assert (tree / "a.txt").exists()


@pytest.mark.parametrize("path", ["link", "up/secret", "up/new", "loop", "loop/x", "a.txt/x", "src"])
def test_links_folders_and_files_on_the_way_are_refused(tree, path):
    place = Confined(str(tree))
    for attempt in (lambda: place.read(path), lambda: place.write(path, b"x"), lambda: place.delete(path)):
        with pytest.raises(PackError):
            attempt()
    assert (tree.parent / "secret").read_text() == "secret\n"
    assert sorted(entry.name for entry in tree.parent.iterdir()) == ["secret", "work"]
    assert (tree / "link").is_symlink()


def test_globs_find_plain_files_only_and_never_look_behind_links(tree):
    place = Confined(str(tree))
    assert place.glob(["**/*"]) == ["a.txt", "src/b.py", "src/deep/c.py"]
    assert place.glob(["src/*.py", "a.txt", "none.txt", "nowhere/*"]) == ["a.txt", "src/b.py"]
    with pytest.raises(Refused, match="through a link"):
        place.glob(["up/*"])
    assert place.glob(["link"]) == []


def test_a_pipe_or_socket_is_not_waited_for(tree):
    os.mkfifo(tree / "pipe")
    with pytest.raises(Refused, match="not a plain file"):
        Confined(str(tree)).read("pipe")
    assert "pipe" not in Confined(str(tree)).glob(["*"])


def test_writing_is_whole_keeps_the_mode_and_makes_folders(tree):
    place = Confined(str(tree))
    (tree / "a.txt").chmod(0o755)
    place.write("a.txt", b"new")
    place.write("new/folder/file", b"x")
    assert stat.S_IMODE((tree / "a.txt").stat().st_mode) == 0o755
    assert stat.S_IMODE((tree / "new/folder/file").stat().st_mode) == 0o644
    assert (tree / "a.txt").read_bytes() == b"new"
    assert [path.name for path in tree.rglob("*.tmp")] == []


def test_a_write_never_reaches_another_name_of_the_same_file(tree):
    os.link(tree.parent / "secret", tree / "hard")
    Confined(str(tree)).write("hard", b"changed")
    assert (tree.parent / "secret").read_text() == "secret\n"


def test_a_move_never_replaces_anything(tree):
    place = Confined(str(tree))
    with pytest.raises(Refused, match="already"):
        place.move("a.txt", "src/b.py")
    with pytest.raises(Refused, match="already"):
        place.move("a.txt", "link")
    place.move("a.txt", "x/y.txt")
    assert (tree / "x/y.txt").read_text() == "hello\n"
    with pytest.raises(NotThere):
        place.move("a.txt", "z")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\r\nb\r\n", b"A\r\nb\r\nnew\r\n"),
        (b"a\nb\n", b"A\nb\nnew\n"),
        (b"\xef\xbb\xbfa\r\nb", b"\xef\xbb\xbfA\r\nbnew\r\n"),
        (b"a\r\nb\n", b"A\r\nb\nnew\n"),
        (b"a\xff\xfe\n", b"A\xff\xfe\nnew\n"),
    ],
)
def test_an_edit_keeps_line_ends_marks_and_bytes_it_cannot_read(tree, before, after):
    (tree / "a.txt").write_bytes(before)
    assert Confined(str(tree)).edit("a.txt", lambda text: text.replace("a", "A", 1) + "new\n")
    assert (tree / "a.txt").read_bytes() == after


def test_binaries_and_unchanged_files_are_left_alone(tree):
    place = Confined(str(tree))
    (tree / "a.txt").write_bytes(b"a\0b")
    before = (tree / "a.txt").stat().st_ino
    assert not place.edit("a.txt", str.upper)
    assert not place.edit("src/b.py", str)
    assert (tree / "a.txt").stat().st_ino == before


def test_a_huge_file_is_refused(tree):
    with (tree / "big").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Refused, match="16 MiB"):
        Confined(str(tree)).read("big")


PIECES = [
    "..",
    ".",
    ".git",
    ".GIT",
    "a",
    "src",
    "up",
    "link",
    "/",
    "//",
    "\\",
    "~",
    "\0",
    "\u200c",
    "git~1",
    " ",
    ":",
    "*",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=6).map("".join))
def test_whatever_the_path_nothing_outside_changes(tmp_path_factory, path):
    top = tmp_path_factory.mktemp("top")
    folder = top / "work"
    (folder / ".git").mkdir(parents=True)
    (top / "other").mkdir()
    (folder / "up").symlink_to(top / "other", target_is_directory=True)
    (folder / "link").symlink_to(top / "other/file")
    try:
        Confined(str(folder)).write(path, b"x")
    except PackError:
        pass
    else:
        assert all(name not in ("..", ".git") for name in parts(path))
    assert list((top / "other").iterdir()) == []
    assert list((folder / ".git").iterdir()) == []
    assert sorted(entry.name for entry in top.iterdir()) == ["other", "work"]


@given(st.text(max_size=8), st.sampled_from(["\u200b", "\u200d", "\ufeff", "\u202e"]), st.integers(0, 4))
def test_invisible_signs_hide_no_git_folder(case, sign, place):
    name = ".git"[:place] + sign + ".git"[place:]
    assert is_git(name)
    assert is_git(unicodedata.normalize("NFD", name).upper())
    assert not is_git(f"{case}x.github")
