"""The manual tells the truth: its commands exist and work, its links lead somewhere, everything has its place."""

from __future__ import annotations

import importlib.util
import re
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from autonomy_pack import config
from autonomy_pack.agents import AGENTS
from autonomy_pack.channels import CHANNELS
from autonomy_pack.errors import LeaseLost, NeedsPerson, PackError, Stopped, UsageError, WorldError
from autonomy_pack.flows import handoff
from autonomy_pack.forges import FORGES
from autonomy_pack.guards import GUARDS
from autonomy_pack.metrics import METRICS
from autonomy_pack.missions import packaged
from autonomy_pack.model import EVENT_FIELDS, HOLD_LABEL, STOP_LABEL, Outcome
from autonomy_pack.policy import trusted
from autonomy_pack.policy.fleet.faults import CATALOGUE
from autonomy_pack.sandboxes import SANDBOXES
from autonomy_pack.tools import TOOLS
from tests import gitrefs, postgres
from tests.docs.conftest import Worked
from tests.docs.manual import DOCS, PAGES, ROOT, RUNBOOK, Shown, Wrong, blocks, check, headings, runbook, shown, slug
from tests.world import World

REFERENCE = DOCS / "reference"
SHOWN = shown()
MAPPED = runbook()
# What a documented command ends with on the worked quickstart, where that is not 0.
CODES = {
    r"autonomy (decision|approvals) view": {3},
    r"autonomy .*--interactive": {2},  # nobody sits at a terminal
    r"autonomy decision decide": {0, 2},  # the quickstart's decision is about a change
    r"autonomy (run replay|mission run .*--replay)": {0, 1, 2},  # the quickstart's records come and go
    r"autonomy guard check": {0, 1},
    r"autonomy doctor": {0, 1},  # a machine may lack a sandbox
    r".*'exit 1'": {4},
    r"autonomy task reset": {0, 2},  # a branch of its last handoff may be there
    r"autonomy mission run replace-text": {0, 4},  # the quickstart's tests look at what it replaces
    r"autonomy (stop|resume) .*--(remote|disable-workflow)": {2},  # the quickstart is on no GitHub
    r"autonomy pr (review|repair)": {2},
    r"autonomy issue triage": {0, 2, 4},  # there is none without a priority, and no key for a model
    r"autonomy metrics rate-limits": {2},  # nor has it a token
    r"autonomy fleet (install|sync|uninstall|status) .*--org": {0},
    r"autonomy fleet verify .*--org": {0, 1},
    r"autonomy fleet (sync|verify)": {1, 2},  # nor is the pack installed in it
}
STATES = r"now|never|not yet \((GitHub|agents|fleet|service)\)"


def _typed() -> list[str]:
    """Each command that is meant to be typed, once: in a block of a page, or as the runbook's answer."""
    texts = [one.text for one in SHOWN if one.typed] + [row.ours for row in MAPPED if not row.state.startswith("not")]
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("one", SHOWN, ids=lambda one: one.id)
def test_a_command_that_the_manual_names_exists(one: Shown) -> None:
    check(one.text, whole=one.typed)


@pytest.mark.parametrize("text", [text for text in _typed() if not text.startswith("make ")])
def test_a_command_that_the_manual_shows_works(text: str, worked: Worked, request: pytest.FixtureRequest) -> None:
    """Those over an organisation are typed against the hub."""
    if re.match(r"autonomy (run .*--(issue|agent)|issue process)", text):
        worked.undo()
    on_the_hub = request.getfixturevalue("organisation") if " --org " in text else {}
    ended = worked.run(worked.filled(text), on_the_hub)
    expected = next((codes for start, codes in CODES.items() if re.match(start, text)), {0})
    assert ended.returncode in expected, ended.stdout + ended.stderr
    assert "our bug" not in ended.stderr


@pytest.mark.parametrize("text", [text for text in _typed() if text.startswith("make ")])
def test_a_make_command_that_the_manual_shows_has_a_recipe(text: str, worked: Worked) -> None:
    ended = worked.run(f"cd {ROOT} && make --dry-run {text.removeprefix('make ')}")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_every_state_of_the_runbook_is_one_of_its_own_words() -> None:
    assert len(MAPPED) > 150
    assert [row for row in MAPPED if not re.fullmatch(STATES, row.state)] == []


@pytest.mark.parametrize("ours", sorted({row.ours for row in MAPPED if row.state.startswith("not yet")}))
def test_what_the_runbook_calls_not_yet_is_not_there(ours: str) -> None:
    with pytest.raises(Wrong):
        check(ours)


def test_what_is_not_there_is_told_from_what_is() -> None:
    check("autonomy run list --limit 3")
    check("autonomy run --max-issues 3")
    for wrong in ("autonomy runs", "autonomy run list --most 3", "autonomy decision deny apr_1", "make autonomy.go"):
        with pytest.raises(Wrong):
            check(wrong)
    assert len(SHOWN) > 80
    assert Shown(ROOT / "README.md", "autonomy run --dry-run", True) in SHOWN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page.relative_to(ROOT)}: {target}"
        assert not anchor or anchor in map(slug, headings(place)), f"{page.relative_to(ROOT)}: {target}"


def test_every_page_can_be_found_from_the_readme() -> None:
    """By links; a link to a folder leads to the pages in it."""
    seen: set[Path] = set()
    to_read = [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for target in _links(page):
            place = (page.parent / target.partition("#")[0]).resolve()
            to_read += place.glob("*.md") if place.is_dir() else [place]
    assert [page for page in PAGES if page not in seen] == []


def _links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", target)]


def generate() -> ModuleType:
    """docs/generate.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_made_pages_are_what_the_code_says_now() -> None:
    for path, text in generate().pages().items():
        assert path.read_text() == text, f"{path.name} is old: .venv/bin/python docs/generate.py"


def test_every_command_and_event_has_its_section() -> None:
    made = generate()
    assert [path for path, _ in made.commands() if path not in headings(REFERENCE / "commands.md")] == []
    assert list(made.ABOUT) == list(EVENT_FIELDS)
    assert [kind for kind in EVENT_FIELDS if f"`{kind}`" not in headings(REFERENCE / "events.md")] == []


@pytest.mark.parametrize(
    ("page", "units"),
    [
        ("guards.md", GUARDS),
        ("channels.md", CHANNELS),
        ("metrics.md", METRICS),
        ("forges.md", FORGES),
        ("sandboxes.md", SANDBOXES),
        ("planner.md", TOOLS),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_page_has_a_section_for_each_unit_and_no_other(page: str, units: dict[str, object]) -> None:
    sections = re.findall(r"^## `?([\w-]+)`?$", (REFERENCE / page).read_text(), re.MULTILINE)
    assert sections == list(units)


@pytest.mark.parametrize(
    ("folder", "units"), [("agents", AGENTS), ("missions", packaged())], ids=["agents", "missions"]
)
def test_a_folder_has_a_page_for_each_unit_and_no_other(folder: str, units: dict[str, object]) -> None:
    assert {path.stem for path in (REFERENCE / folder).glob("*.md")} == set(units)
    index = (REFERENCE / f"{folder}.md").read_text()
    assert [name for name in units if f"[{name}]({folder}/{name}.md)" not in index] == []


def test_every_label_we_know_or_write_is_explained() -> None:
    text = (REFERENCE / "labels.md").read_text()
    known = {HOLD_LABEL, STOP_LABEL, *trusted.DISPLAY_LABELS, *handoff.LABELS}
    known |= {f"priority:{word}" for word in ("critical", "high", "medium", "low")}
    assert [label for label in known if f"`{label}`" not in text] == []


def test_every_command_that_ends_in_ways_of_its_own_has_its_row() -> None:
    sections = re.split(r"^## autonomy ", (REFERENCE / "commands.md").read_text(), flags=re.MULTILINE)[1:]
    own = {part.split("\n")[0] for part in sections if re.search(r"\bExit (?:code|[0-9])", part)} - {"action"}
    rows = (REFERENCE / "exit-codes.md").read_text()
    assert own
    assert [name for name in sorted(own) if f"`{name}`" not in rows] == []


def test_every_exit_code_and_outcome_is_explained() -> None:
    codes = {error.exit_code for error in (PackError, UsageError, NeedsPerson, WorldError, LeaseLost, Stopped)}
    told = set(map(int, re.findall(r"^\| (\d+) \|", (REFERENCE / "exit-codes.md").read_text(), re.MULTILINE)))
    assert told == codes | {0, 1, 70}
    files = (REFERENCE / "files.md").read_text()
    assert [str(outcome) for outcome in Outcome if f"`{outcome}`" not in files] == []


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", (DOCS / "THREAT_MODEL.md").read_text())
    assert len(named) > 30
    missing = [(path, test) for path, test in named if f"def {test}(" not in (ROOT / path).read_text()]
    assert missing == []


def test_every_fault_that_the_manual_names_is_one_that_verify_knows() -> None:
    told = (ROOT / "HARDENING.md").read_text()
    named = [
        word
        for row in re.findall(r"^\|.*\| ([^|]+) \|$", told, re.MULTILINE)
        for word in re.findall(r"`([a-z-]+)`", row)
    ]
    assert len(named) > 5
    assert [rule for rule in named if rule not in CATALOGUE] == []


def test_the_actions_to_allow_are_all_that_our_workflows_use() -> None:
    """Those that others call: what makes a release is the pack's own."""
    told = set(re.findall(r"`(actions/[a-z-]+)@\*`", (ROOT / "HARDENING.md").read_text()))
    called = [
        path.read_text() for path in (ROOT / ".github/workflows").iterdir() if "workflow_call:" in path.read_text()
    ]
    assert len(called) == 5
    used = {name for text in called for name in re.findall(r"^\s+(?:- )?uses: ([^./][^@]*)@", text, re.MULTILINE)}
    assert used == told


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    entries = re.findall(r"^\*\*(.+?)\*\*", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert entries == sorted(set(entries), key=str.casefold)
    wanted = "Task Mission Run Step Worker Lane Agent Coordinator Queue Lease Lock Event Transcript Checkpoint Handoff "
    wanted += "Decision Policy Budget Mode Health Objective Alert Flag Head Pin Fence Room Brief Change Finding"
    assert [word for word in wanted.split() if word not in entries] == []


def test_configurations_and_missions_in_the_manual_are_valid() -> None:
    seen = 0
    for page in PAGES:
        for _, block in blocks(page.read_text()):
            text = "\n".join(line[len(block) - len(block.lstrip(" ")) :] for line in block.splitlines()) + "\n"
            name = re.search(r"^name: (\S+)$", text, re.MULTILINE)
            if name and "goal:" in text:
                assert config.mission_problems(text, f"{name[1]}.yml") == [], page
            elif text.startswith("checks:"):
                assert config.config_problems(text, "autonomy.yml") == [], page
            else:
                continue
            seen += 1
    assert seen >= 2


def test_the_caller_that_the_manual_shows_is_the_one_that_init_writes() -> None:
    from autonomy_pack.views.callers import FOLDER, LOOP, callers

    text = callers("OWNER/autonomy-pack", "0" * 40, "")[f"{FOLDER}/{LOOP}"].replace("0" * 40, "COMMIT")
    assert text.strip() in (DOCS / "how-to" / "run-on-github.md").read_text()


def test_the_quickstart_leads_to_a_handoff(worked: Worked, world: World) -> None:
    """Its steps in a repository of one's own, with the issue exactly as the page has it."""
    world.write("hello.txt", "Hi there\n")
    world.commit()
    [issue] = [block for _, block in blocks((DOCS / "quickstart.md").read_text()) if "    title: " in block]
    here = Worked(world.root, *worked.tools)
    steps = ["autonomy init", "autonomy issue list", "autonomy trust", "autonomy run --dry-run", "autonomy run"]
    for step in steps:
        assert step in [one.text for one in SHOWN if one.page == DOCS / "quickstart.md"]
        ended = here.run(step)
        assert ended.returncode == 0, ended.stderr
        if step == "autonomy init":
            world.write(".autonomy/issues/1.md", textwrap.dedent(issue))
    [branch] = world.branches()
    assert world.git("show", f"{branch}:hello.txt") == "Hello"
    assert "handed off" in here.run("autonomy run explain 1").stdout


def test_the_steps_with_postgresql_work_on_a_real_one(worked: Worked) -> None:
    page = DOCS / "how-to" / "use-postgresql.md"
    steps = [one.text for one in SHOWN if one.page == page and one.typed]
    assert steps == ["autonomy db migrate", "autonomy db check", "autonomy run"]
    worked.undo()
    store = postgres.fresh_url()
    for step in steps:
        ended = worked.run(f"AUTONOMY_STORE='{store}' {step}")
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Handed off (2)" in worked.run(f"AUTONOMY_STORE='{store}' autonomy status").stdout


def test_the_steps_with_refs_work_on_a_real_repository(worked: Worked, tmp_path: Path) -> None:
    page = DOCS / "how-to" / "use-gitrefs.md"
    steps = [one.text for one in SHOWN if one.page == page and one.typed]
    assert steps == [f"autonomy {step}" for step in ("run", "status", "db check", "gc --dry-run", "gc --days 30")]
    worked.undo()
    store = gitrefs.fresh_url(tmp_path)
    for step in steps:
        ended = worked.run(f"AUTONOMY_STORE='{store}' {step}")
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Handed off (2)" in worked.run(f"AUTONOMY_STORE='{store}' autonomy status").stdout


def test_the_runbook_is_only_about_commands_that_people_had() -> None:
    assert [row for row in MAPPED if not row.theirs or not row.ours] == []
    assert RUNBOOK.read_text().count("\n## ") == 5
