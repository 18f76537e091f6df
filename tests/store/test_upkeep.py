"""Migrations, checks, damage: what `autonomy db` does."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from autonomy_pack.commands.db import command as db
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import database
from autonomy_pack.model import Event
from autonomy_pack.store import audit, connect, open_store
from autonomy_pack.store.migrations import MIGRATIONS, Migration, migrate, prepare, version
from postgres import fresh_url

STATE = {"scope": "all", "state": "stopped", "why": ""}
SECOND = Migration(number=2, statements=("alter table heads add column note text", "create table more (a text)"))
BROKEN = Migration(number=2, statements=("create table more (a text)", "create table more (a text)"))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path / 'autonomy.db'}" if request.param == "sqlite" else fresh_url()


def stop(url):
    store = open_store(url)
    store.append([Event(kind="control.set", subject="control:all", data=STATE)])
    store.close()


def test_migrating_a_fresh_place_makes_a_store_and_again_does_nothing(url):
    assert database.migrate(url).after == MIGRATIONS[-1].number
    again = database.migrate(url)
    assert (again.before, again.after, again.backup) == (1, 1, "")


def test_a_migration_backs_up_first_and_is_told_by_an_event(url):
    stop(url)
    store = connect(url)
    done = migrate(store, (*MIGRATIONS, SECOND))
    assert (done.before, done.after, version(store)) == (1, 2, 2)
    told = list(store.events(kinds=["store.migrated"]))[-1]
    assert told.data == {"from": 1, "to": 2, "backup": done.backup}
    assert "more" in store.connection.tables()
    assert migrate(store, (*MIGRATIONS, SECOND)).backup == ""
    store.close()
    if url.startswith("sqlite"):
        with sqlite3.connect(done.backup) as copy:
            assert copy.execute("select count(*) from events").fetchone() == (2,)
        copy.close()


def test_a_migration_that_fails_changes_nothing_and_says_so(url):
    stop(url)
    store = connect(url)
    with pytest.raises(WorldError, match=r"migration 2 .* was undone"):
        migrate(store, (*MIGRATIONS, BROKEN))
    assert version(store) == 1
    assert "more" not in store.connection.tables()
    assert store.head("control:all").status == "stopped"
    store.close()


def test_an_older_store_is_not_opened_but_asks_for_the_migration(url):
    stop(url)
    store = connect(url)
    with pytest.raises(UsageError) as refused:
        prepare(store, (*MIGRATIONS, SECOND))
    assert "autonomy db migrate" in refused.value.fix
    store.close()


def test_a_newer_store_is_not_migrated(url):
    store = connect(url)
    migrate(store, (*MIGRATIONS, SECOND))
    store.close()
    with pytest.raises(UsageError, match="knows only up to 1"):
        database.migrate(url)


def test_heads_that_differ_from_their_events_are_found_and_rebuilt(url):
    stop(url)
    store = connect(url)
    store.connection.rows("update heads set status = 'running'", {})
    store.connection.rows(
        "insert into heads select '.', 'ghost', type, seq, at, kind, status, title, priority, lane, mission, agent, run,"
        ' pin, attempts, since, branch, "commit", deadline, action_sha256, why, usd, tokens from heads',
        {},
    )
    store.close()
    found = database.check(url)
    assert [finding.where for finding in found] == [". control:all", ". ghost"]
    assert "status is 'running', not 'stopped'" in found[0].says
    assert database.check(url, rebuild=True) == []
    assert database.check(url) == []


def test_a_missing_head_is_found(url):
    stop(url)
    store = connect(url)
    store.connection.rows("delete from heads", {})
    assert [finding.rule for finding in audit.examine(store)] == ["store.heads"]
    store.close()


def test_the_command_prints_findings_and_ends_with_one(url):
    stop(url)
    run = CliRunner().invoke
    assert run(db, ["migrate", "--store", url]).output == "Nothing to do: the store has schema 1.\n"
    assert run(db, ["check", "--store", url]).exit_code == 0
    store = connect(url)
    store.connection.rows("delete from heads", {})
    store.close()
    told = run(db, ["check", "--store", url])
    assert (told.exit_code, "control:all" in told.output) == (1, True)
    assert run(db, ["check", "--rebuild", "--store", url]).exit_code == 0


def test_a_store_that_does_not_exist_is_not_checked_into_being(tmp_path):
    with pytest.raises(UsageError):
        database.check(str(tmp_path / "none.db"))
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("create table recipes (name text)")
    other.close()
    with pytest.raises(UsageError, match="another program"):
        open_store(str(path))
    with pytest.raises(UsageError, match="another program"):
        database.migrate(str(path))


def damaged(path: Path, where: int) -> bytes:
    content = bytearray(path.read_bytes())
    content[where : where + 200] = b"\xa5" * 200
    path.write_bytes(content)
    return bytes(content)


@pytest.mark.parametrize("where", [0, 100])
def test_a_damaged_file_is_told_with_the_backup_to_restore_and_never_touched(tmp_path, where):
    path = tmp_path / "autonomy.db"
    stop(str(path))
    store = connect(str(path))
    backup = store.connection.backup("20260102T030405Z")
    store.close()
    content = damaged(path, where)
    with pytest.raises(WorldError, match="damaged") as told:
        database.check(str(path))
    assert f"cp {backup} {path}" in told.value.fix
    assert path.read_bytes() == content
    path.write_bytes(Path(backup).read_bytes())
    assert database.check(str(path)) == []


def test_without_a_backup_a_damaged_file_is_told_to_be_kept(tmp_path):
    path = tmp_path / "autonomy.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(WorldError) as told:
        open_store(str(path))
    assert "mv " in told.value.fix
    assert "no backup" in told.value.fix


def test_two_backups_of_one_second_are_both_kept(tmp_path):
    store = open_store(str(tmp_path / "autonomy.db"))
    names = {store.connection.backup("20260102T030405Z") for _ in range(2)}
    assert len(names) == 2
    store.close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError):
        open_store(str(tmp_path / "file" / "autonomy.db"))
    with pytest.raises(WorldError):
        open_store(str(tmp_path))


@pytest.mark.parametrize(
    ("pragma", "advice"), [("max_page_count = 1", "Free some disk space"), ("query_only = 1", "permission to write")]
)
def test_a_full_or_read_only_disk_is_told_and_loses_nothing(tmp_path, pragma, advice):
    path = str(tmp_path / "autonomy.db")
    stop(path)
    store = open_store(path)
    store.connection.rows(f"pragma {pragma}", {})
    many = [Event(kind="control.set", subject=f"control:{number}", data=STATE) for number in range(2000)]
    with pytest.raises(WorldError) as told:
        store.append(many)
    assert advice in told.value.fix
    assert store.counts("control") == {"stopped": 1}
    store.close()
    assert database.check(path) == []


def test_a_server_s_broken_connection_is_told_and_made_anew():
    url = fresh_url()
    store, other = open_store(url), open_store(url)
    [(backend,)] = store.connection.rows("select pg_backend_pid()", {})
    other.connection.rows("select pg_terminate_backend(:pid)", {"pid": backend})
    with pytest.raises(WorldError):
        store.append([Event(kind="control.set", subject="control:all", data=STATE)])
    assert len(store.append([Event(kind="control.set", subject="control:all", data=STATE)])) == 1
    store.close()
    other.close()


def test_a_password_is_left_out_of_the_store_s_own_address():
    store = open_store(fresh_url().replace("autonomy@", "autonomy:s3cret@"))
    assert "s3cret" not in store.url
    again = open_store(store.url)
    again.close()
    store.close()
