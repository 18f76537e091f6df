from pathlib import Path

import pytest

from autonomy_pack.errors import WorldError
from autonomy_pack.flows.project import find
from autonomy_pack.forges.local import LocalForge
from autonomy_pack.model import Handoff
from tests.world import World


def forge(world: World) -> LocalForge:
    place = find(world.root)
    return LocalForge(root=place.root, git_dir=place.git_dir, handoffs=place.workspace / "handoffs")


def offered(head: str) -> Handoff:
    """A handoff of which only the branch, the head and the body matter here."""
    words = ("repo", "task", "issue", "pin", "run", "base", "title", "bundle", "sha256", "policy_sha256")
    return Handoff(**dict.fromkeys(words, ""), branch="agent/p/1-x-y", head=head, body="body\n", closes=True)


def test_an_issue_is_its_file(world: World) -> None:
    world.issue("CP-UFS-001", more="assignee: grace\ndepends_on: [7]\n")
    (one,), broken = forge(world).issues()
    assert broken == []
    assert (one.id, one.title, one.state, one.author, one.created) == (
        "CP-UFS-001", "Rename the greeting", "open", "ada", "2026-01-02",
    )  # fmt: skip
    assert one.labels == ("priority:high", "mission:replace-text")
    assert (one.assignee, one.depends_on) == ("grace", ("7",))
    assert one.body.startswith("### Find")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front matter\n", "front matter"),
        ("---\ntitle: x\n", "does not end"),
        ("---\ntitle: [\n---\n", ""),
        ("---\ntitle: a\ntitle: b\n---\n", "title"),
        ("---\n- a\n---\n", "front matter"),
        ("---\ntitle: a\nlabels: []\nstate: open\nauthor: a\n---\n", 'lacks "created"'),
        ("---\ntitle: a\nlabels: x\nstate: open\nauthor: a\ncreated: 2026-01-01\n---\n", "are lists"),
        ("---\ntitle: a\nlabels: []\nstate: done\nauthor: a\ncreated: 2026-01-01\n---\n", "state is 'done'"),
        ("---\ntitle: ''\nlabels: []\nstate: open\nauthor: a\ncreated: 2026-01-01\n---\n", "title is empty"),
        ("---\ntitle: a\nlabels: []\nstate: open\nauthor: a\ncreated: 2026-01-01\nfoo: 1\n---\n", 'unknown key "foo"'),
    ],
)
def test_a_broken_file_is_named_with_its_fix_and_hides_no_other(world: World, text: str, says: str) -> None:
    world.issue("1")
    world.write(".autonomy/issues/2.md", text)
    read, broken = forge(world).issues()
    assert [one.id for one in read] == ["1"]
    assert [one.where for one in broken] == ["2.md"]
    assert says in broken[0].says
    assert broken[0].fix


def test_bytes_that_are_no_text_and_links_are_refused(world: World) -> None:
    world.write(".autonomy/issues/1.md", "")
    (world.root / ".autonomy/issues/1.md").write_bytes(b"---\ntitle: \xff\n---\n")
    (world.root / ".autonomy/issues/2.md").symlink_to("/etc/passwd")
    world.write(".autonomy/issues/a b.md", "---\n---\n")
    read, broken = forge(world).issues()
    assert read == []
    assert [one.where for one in broken] == ["1.md", "2.md", "a b.md"]


def test_labels_are_written_back_and_nothing_else_of_the_file_moves(world: World) -> None:
    path = world.write(
        ".autonomy/issues/7.md",
        "---\r\ntitle: 'Say: hello'   # why\r\nlabels: [priority:high, bug]\r\nstate: open\r\nauthor: ada\r\n"
        "created: 2026-01-02\r\n---\r\nbody labels: [x]\r\n",
    )
    before = path.read_bytes()
    assert forge(world).label("7", add=["agent:handoff"], remove=["bug"])
    assert forge(world).issues()[0][0].labels == ("priority:high", "agent:handoff")
    lines = zip(before.splitlines(), path.read_bytes().splitlines(), strict=True)
    assert [old for old, new in lines if old != new] == [b"labels: [priority:high, bug]"]


def test_the_stop_label_is_the_forges_word(world: World) -> None:
    world.issue("7")
    assert forge(world).stop_words("7") == ""
    world.issue("7", labels=("priority:high", "autonomy:stop"))
    assert "autonomy:stop" in forge(world).stop_words("7")


def test_closing_sets_the_state(world: World) -> None:
    world.issue("7")
    assert forge(world).close_issue("7")
    assert forge(world).issues()[0][0].state == "closed"


def test_a_branch_is_made_once_and_never_overwritten(world: World) -> None:
    first = world.git("rev-parse", "main")
    second = world.commit("second")
    here = forge(world)
    place = here.publish(offered(first))
    assert Path(place.url).read_text() == "body\n"
    assert here.publish(offered(first)) == place
    with pytest.raises(WorldError, match="exists with another commit"):
        here.publish(offered(second))
    assert world.git("rev-parse", "agent/p/1-x-y") == first


def test_a_handoff_is_open_moved_merged_or_deleted(world: World) -> None:
    base = world.git("rev-parse", "main")
    world.git("checkout", "-q", "-b", "agent/p/1-x-y")
    head = world.commit("ours")
    world.git("checkout", "-q", "main")
    here = forge(world)
    assert here.handoff_state("agent/p/1-x-y", head, base) == "open"
    world.git("checkout", "-q", "agent/p/1-x-y")
    world.commit("somebody else's")
    world.git("checkout", "-q", "main")
    assert here.handoff_state("agent/p/1-x-y", head, base) == "moved"
    world.git("branch", "-D", "agent/p/1-x-y")
    assert here.handoff_state("agent/p/1-x-y", head, base) == "deleted"
    world.git("merge", "-q", "--no-ff", head)
    assert here.handoff_state("agent/p/1-x-y", head, world.git("rev-parse", "main")) == "merged"


@pytest.mark.parametrize("link", [".autonomy", ".autonomy/issues"])
def test_a_folder_of_issues_that_leads_elsewhere_is_not_followed(world: World, tmp_path: Path, link: str) -> None:
    elsewhere = World(tmp_path / "elsewhere")
    path = elsewhere.issue("1")
    before = path.read_text()
    (world.root / link).parent.mkdir(exist_ok=True)
    (world.root / link).symlink_to(elsewhere.root / link)
    assert forge(world).issues() == ([], [])
    assert not forge(world).label("1", add=["x"])
    assert path.read_text() == before


def test_a_tag_of_the_branchs_name_is_refused(world: World) -> None:
    head = world.git("rev-parse", "main")
    world.git("tag", "agent/p/1-x-y")
    with pytest.raises(WorldError, match="a tag is called"):
        forge(world).publish(offered(head))


def test_a_handoff_that_was_squashed_into_the_base_is_merged(world: World) -> None:
    world.git("checkout", "-q", "-b", "agent/p/1-x-y")
    world.write("hello.txt", "changed\n")
    head = world.commit("ours")
    world.git("checkout", "-q", "main")
    world.git("merge", "-q", "--squash", "agent/p/1-x-y")
    base = world.commit("squashed")
    world.git("branch", "-D", "agent/p/1-x-y")
    assert forge(world).handoff_state("agent/p/1-x-y", head, base) == "merged"
    world.write("hello.txt", "changed back\n")
    assert forge(world).handoff_state("agent/p/1-x-y", head, world.commit("later")) == "deleted"
