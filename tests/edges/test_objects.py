"""Changes read from git objects: what lies between two commits, whatever configuration or attributes say."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest
from tests.corpora.raw_git import RawRepository, Spec

from autonomy_pack.edges.objects import read_change, reader
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Change, Line


@pytest.fixture
def repository(tmp_path: Path) -> RawRepository:
    return RawRepository(tmp_path / "repo.git")


def change(repository: RawRepository, before: dict[bytes, Spec], after: dict[bytes, Spec]) -> Change:
    return read_change(repository.git_dir, *repository.change(before, after))


def test_a_change_tells_files_modes_sizes_and_added_lines(repository: RawRepository) -> None:
    before: dict[bytes, Spec] = {b"a.txt": b"one\ntwo\nthree\n", b"gone": b"x\ny\n", b"same": b"s"}
    after: dict[bytes, Spec] = {b"a.txt": b"one\n2\nthree\nfour", b"new/b": ("100755", b"b\n"), b"same": b"s"}
    a, gone, new = change(repository, before, after).files
    assert (a.path, a.status, a.added, a.removed, a.size) == ("a.txt", "M", 2, 1, 16)
    assert a.added_lines == (Line(number=2, text="2"), Line(number=4, text="four"))
    assert (gone.status, gone.mode, gone.added, gone.removed, gone.size) == ("D", "000000", 0, 2, 0)
    assert (new.path, new.status, new.mode, new.old_mode) == ("new/b", "A", "100755", "000000")


def test_a_change_knows_its_commits_tree_parents_and_message(repository: RawRepository) -> None:
    base = repository.commit(repository.tree({b"a": b"1"}))
    tree = repository.tree({b"a": b"2"})
    head = repository.commit(tree, base, message="Größer\n\nbody ✅".encode())
    read = read_change(repository.git_dir, base[:10], f"{head}^{{commit}}")
    assert (read.base, read.head, read.tree, read.parents) == (base, head, tree, (base,))
    assert read.message == "Größer\n\nbody ✅\n"


def test_links_submodules_and_binaries_have_no_lines(repository: RawRepository) -> None:
    after: dict[bytes, Spec] = {
        b"bin": b"\0\n\1\n",
        b"late": b"x" * 9000 + b"\0",
        b"link": ("120000", b"a\nb"),
        b"sub": ("160000", b"2" * 40),
    }
    files = {file.path: file for file in change(repository, {}, after).files}
    assert {path: file.binary for path, file in files.items()} == {
        "bin": True,
        "late": True,
        "link": False,
        "sub": False,
    }
    assert all(file.added_lines == () for file in files.values())
    assert (files["sub"].size, files["link"].size) == (0, 3)


def test_a_file_that_becomes_binary_or_stops_being_it_counts(repository: RawRepository) -> None:
    (became,) = change(repository, {b"a": b"text\n"}, {b"a": b"\0"}).files
    (stopped,) = change(repository, {b"a": b"\0"}, {b"a": b"text\n"}).files
    (gone,) = change(repository, {b"a": b"\0", b"b": b""}, {b"b": b""}).files
    assert (became.binary, stopped.binary, gone.binary) == (True, False, True)
    assert stopped.added_lines == (Line(number=1, text="text"),)


def test_a_link_that_becomes_a_file_adds_all_its_lines(repository: RawRepository) -> None:
    (file,) = change(repository, {b"a": ("120000", b"x")}, {b"a": b"x\ny\n"}).files
    assert (file.status, file.added) == ("T", 2)


def test_what_is_too_large_is_not_read_and_counts_as_binary(repository: RawRepository) -> None:
    (file,) = change(repository, {}, {b"big": b"line\n" * 900_000}).files
    assert (file.binary, file.size, file.added_lines) == (True, 4_500_000, ())


def test_paths_and_lines_keep_bytes_that_are_no_text(repository: RawRepository) -> None:
    (file,) = change(repository, {}, {b"\xff\n\t": b"caf\xe9\r\n"}).files
    assert file.path.encode("utf-8", "surrogateescape") == b"\xff\n\t"
    assert file.added_lines[0].text.encode("utf-8", "surrogateescape") == b"caf\xe9\r"


def test_attributes_and_configuration_of_a_repository_change_nothing(repository: RawRepository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (repository.git_dir / "info").mkdir(exist_ok=True)
    (repository.git_dir / "info" / "attributes").write_text("* binary diff=evil\n")
    for name, value in {
        "diff.evil.textconv": f"touch {marker};",
        "diff.external": f"touch {marker};",
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "core.fsmonitor": f"touch {marker};",
        "core.hooksPath": str(tmp_path),
    }.items():
        subprocess.run(["git", "-C", repository.git_dir, "config", name, value], check=True)
    files = change(repository, {b"a": b"1\n2\n3\n"}, {b"b": b"1\n2\n3\n4\n"}).files
    assert [(file.path, file.status, file.added, file.binary) for file in files] == [
        ("a", "D", 0, False),
        ("b", "A", 4, False),
    ]
    assert not marker.exists()


def test_replaced_objects_are_not_believed(repository: RawRepository) -> None:
    base, head = repository.change({b"a": b"1\n"}, {b"a": b"evil\n"})
    nice = repository.commit(repository.tree({b"a": b"nice\n"}), base)
    subprocess.run(["git", "-C", repository.git_dir, "replace", head, nice], check=True)
    assert read_change(repository.git_dir, base, head).files[0].added_lines[0].text == "evil"


def test_an_object_that_is_missing_is_an_error_not_an_empty_change(repository: RawRepository) -> None:
    base, head = repository.change({b"a": b"1\n"}, {b"a": b"2\n"})
    oid = repository.store("blob", b"2\n")
    (repository.git_dir / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(WorldError, match=oid):
        read_change(repository.git_dir, base, head)


@pytest.mark.parametrize("bad", ["1" * 40, "", "-p", "--all", "a b", "x\ny", "HEAD:a", "no-such-branch", "../x", "\0"])
def test_what_is_no_commit_is_an_error(bad: str, repository: RawRepository) -> None:
    base, head = repository.change({b"a": b"1\n"}, {b"a": b"2\n"})
    for pair in ((bad, head), (base, bad)):
        with pytest.raises(WorldError):
            read_change(repository.git_dir, *pair)


def test_the_reader_gives_blobs_and_trees_and_refuses_what_is_missing(repository: RawRepository) -> None:
    read = reader(repository.git_dir)
    blob, tree = repository.store("blob", b"a\0b\n"), repository.tree({b"x": b"1"})
    assert read(blob) == b"a\0b\n"
    assert read(tree).startswith(b"100644 x\0")
    for missing in ("1" * 40, "nonsense"):
        with pytest.raises(WorldError):
            read(missing)


def test_every_line_that_is_new_is_among_the_added_ones(repository: RawRepository) -> None:
    dice = random.Random(7)
    for _ in range(15):
        old = [f"line {dice.randrange(8)}" for _ in range(dice.randrange(12))]
        new = [line for line in old if dice.random() < 0.7] + [
            f"line {dice.randrange(12)}" for _ in range(dice.randrange(6))
        ]
        dice.shuffle(new)
        before, after = ("".join(f"{line}\n" for line in lines).encode() for lines in (old, new))
        files = change(repository, {b"a": before, b"z": b""}, {b"a": after, b"z": b""}).files
        added = [line for file in files for line in file.added_lines]
        assert all(new[line.number - 1] == line.text for line in added)
        assert sorted([*old, *(line.text for line in added)]) == sorted([*new, *_gone(old, new)])
        assert sum(file.removed for file in files) == len(_gone(old, new))


def _gone(old: list[str], new: list[str]) -> list[str]:
    left = list(new)
    return [line for line in old if not (line in left and not left.remove(line))]


def test_a_hundred_files_and_a_rewritten_large_one_are_read_quickly(repository: RawRepository) -> None:
    before: dict[bytes, Spec] = {b"d/%d" % n: b"a\nb\n" * 200 for n in range(100)}
    after: dict[bytes, Spec] = {b"d/%d" % n: b"a\nc\n" * 200 for n in range(100)}
    base, head = repository.change(
        before | {b"big": b"".join(b"%d\n" % n for n in range(100_000))},
        after | {b"big": b"".join(b"%d\n" % (n * 7 % 100_003) for n in range(100_000))},
    )
    begun = time.process_time()
    assert len(read_change(repository.git_dir, base, head).files) == 101
    assert time.process_time() - begun < 5
