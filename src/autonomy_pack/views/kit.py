"""The kit: every file that the pack writes into a repository, rendered from its templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autonomy_pack.model import Mission
from autonomy_pack.policy.fleet.lock import Inputs, Kind
from autonomy_pack.policy.fleet.plan import Wanted
from autonomy_pack.views.callers import callers
from autonomy_pack.views.render import Render, render

MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which make looks for them."""
MAKEFILE, INCLUDE = "Makefile", "-include Makefile.autonomy"
_FORMS = ".github/ISSUE_TEMPLATE"
# What an issue form asks with, by the type of a mission's input.
_FIELDS = {"string": "input", "int": "input", "list": "textarea", "bool": "dropdown", "choice": "dropdown"}


def kit(inputs: Inputs, missions: Iterable[Mission], rendered: Render = render) -> Mapping[str, Wanted]:
    """Path → what it should hold. `missions`: the shipped ones that an issue can have; each gets an issue form.
    `rendered`: with the templates of which release.

    UsageError for an input that could be anything but what it should be, as `callers` says.
    """
    forms = {
        f".github/ISSUE_TEMPLATE/autonomy-{mission.name}.yml": issue_form(mission, rendered) for mission in missions
    }
    targets = rendered("kit/Makefile.autonomy.j2", version=inputs.version)
    texts = {**_callers(inputs, rendered), **forms, "Makefile.autonomy": targets}
    return {
        **{path: Wanted(text=text) for path, text in texts.items() if text},
        **{path: Wanted(text=text, kind=Kind.SEED) for path, text in _seeds(inputs, rendered).items() if text},
        MAKEFILE: Wanted(text=INCLUDE, kind=Kind.LINE),
    }


def issue_form(mission: Mission, rendered: Render = render) -> str:
    """The form whose headings are the fields that a mission reads."""
    return rendered("kit/issue-form.yml.j2", mission=mission, types=_FIELDS)


def _callers(inputs: Inputs, rendered: Render) -> Mapping[str, str]:
    return callers(
        inputs.pack,
        inputs.sha,
        inputs.version,
        runs_on=inputs.runs_on,
        cron=inputs.cron,
        private=inputs.private,
        hosted=inputs.hosted,
        review=inputs.review,
        repair=inputs.repair,
        pin=inputs.pin,
        rendered=rendered,
    )


def _seeds(inputs: Inputs, rendered: Render) -> Mapping[str, str]:
    """Written where there is none; from then on a person's."""
    config = rendered("init/autonomy.yml")
    change = rendered("kit/pull-request.md.j2")
    seeds = {".github/autonomy.yml": config, ".github/PULL_REQUEST_TEMPLATE/change.md": change}
    if inputs.agent:
        seeds[f".github/autonomy/agents/{inputs.agent}.md"] = rendered("kit/agent.md.j2")
    return seeds
