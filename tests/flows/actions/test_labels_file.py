"""labels.yml is the only list of labels: well-formed, complete, and what everything else takes labels from."""

from __future__ import annotations

import re
from pathlib import Path

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import documents
from autonomy_pack.flows import handoff
from autonomy_pack.flows.actions import labels
from autonomy_pack.missions import packaged
from autonomy_pack.model import HOLD_LABEL, STOP_LABEL, Priority, Risk
from autonomy_pack.policy import answers, trusted
from autonomy_pack.schemas.told import problems

ROOT = Path(__file__).parents[3]
OURS = {label.name: label for label in labels.ours()}
# The older pack's labels, as people already have them in their repositories.
OLDER = {
    "priority:critical": "ff0000",
    "priority:high": "ff8800",
    "priority:medium": "ffaa00",
    "priority:low": "ffdd00",
    "status:pr-created": "00ff00",
    "status:agent-assigned": "0088ff",
    "agent:handoff": "8800ff",
    "agent:validated": "00ff88",
    "review:claude-required": "ff0088",
    "security:review-required": "aa0000",
    "security:cleared": "00aa00",
}


def test_the_eleven_labels_of_the_older_pack_keep_their_names_and_colours() -> None:
    assert {name: OURS[name].color for name in OLDER} == OLDER


def test_every_label_that_is_written_or_read_is_in_the_list() -> None:
    known = {HOLD_LABEL, STOP_LABEL, *trusted.DISPLAY_LABELS, *handoff.LABELS, *answers.LABELS}
    known |= {f"priority:{one}" for one in Priority} | {f"risk:{one}" for one in Risk}
    # A mission that returns a document is for the command that uses it, never for an issue.
    known |= {f"mission:{name}" for name, text in packaged().items() if "\nreturns:" not in text}
    known |= {f"agent:{name}" for name in AGENTS if name != "script"}  # the double is nobody's choice
    known |= {"incident", "sev-1", "sev-2", "sev-3", "alert", "operations", "lane:default"}
    assert known - set(OURS) == set()


def test_no_label_is_listed_twice_and_each_says_what_it_means() -> None:
    names = [label.name for label in labels.ours()]
    assert len(names) == len(set(names))
    assert [label.name for label in labels.ours() if len(label.description) < 10] == []


def test_the_list_at_the_root_is_the_one_in_the_package() -> None:
    inside = ROOT / "src/autonomy_pack/labels.yml"
    assert (ROOT / "labels.yml").read_bytes() == inside.read_bytes()


def test_the_schema_refuses_what_is_no_label() -> None:
    wrong = (
        '{name: "priority:high, urgent", color: "ff8800", description: "words"}',
        '{name: "Priority:High", color: "ff8800", description: "words"}',
        '{name: "sev-1", color: "#ff8800", description: "words"}',
        '{name: "sev-1", color: "FF8800", description: "words"}',
        f'{{name: "sev-1", color: "ff8800", description: "{"x" * 101}"}}',
        '{name: "sev-1", color: "ff8800"}',
        '{name: "sev-1", color: "ff8800", description: "words", colour: "ff8800"}',
    )
    for one in wrong:
        document = documents.load_yaml(f"version: 1\nlabels:\n  - {one}\n", "labels.yml")
        assert problems(document, "labels", document.data), one


def test_the_manual_explains_every_label_and_no_other() -> None:
    page = (ROOT / "docs/reference/labels.md").read_text()
    assert [name for name in OURS if f"`{name}`" not in page] == []
    families = "priority|mission|agent|lane|autonomy|status|security|risk|review"
    told = set(re.findall(rf"`((?:{families}):[a-z-]+)`", page))
    assert told - set(OURS) <= {"prio:high", "my-priority:high"}
