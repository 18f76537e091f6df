"""The body of a handoff: what changed, what was shown, what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Change, CheckResult, Examination, Handoff, Run, value
from autonomy_pack.policy.evidence import Evidence
from autonomy_pack.views.render import line, render

_CLAIMS, _WORDS = 4000, 20


@value
class Hosted:
    """What only a pull request has to say: the commit that its checks ran on and that one's base, and where the run of
    the workflow can be seen."""

    tested: str
    base: str
    run_url: str


@value
class Word:
    """What a person said: about a question as it was asked (the agent's own words may be in it), and the answer, in
    words where there are any. `decision` is "" for what was said at the terminal."""

    who: str
    said: str
    about: str
    answer: str = ""
    decision: str = ""


@value
class Cost:
    """Dollars and tokens of the run, and of all runs of its issue together; `runs` is how many these are."""

    usd: float = 0.0
    tokens: int = 0
    runs: int = 1
    all_usd: float = 0.0
    all_tokens: int = 0


NOTHING = Cost()


def body(
    offer: Handoff,
    run: Run,
    sandbox: str,
    change: Change,
    results: Sequence[CheckResult],
    examination: Examination,
    weighed: Sequence[Evidence],
    *,
    hosted: Hosted | None = None,
    claims: str = "",
    cost: Cost = NOTHING,
    people: Sequence[Word] = (),
) -> str:
    """The Markdown; every foreign word in it is made harmless. `hosted` where it becomes a pull request; `claims` are
    the agent's last words, what it says of its work; `people` is what people said while it was made.
    """
    return render(
        "handoff.md.j2",
        offer=offer,
        run=run,
        sandbox=sandbox,
        change=change,
        results=results,
        findings=examination.findings,
        skipped=examination.skipped,
        guards=examination.guards,
        weighed=weighed,
        hosted=hosted,
        cost=cost,
        people=people[-_WORDS:],
        unsaid=max(0, len(people) - _WORDS),
        tested=hosted.tested if hosted else offer.head,
        claims=claims.strip()[:_CLAIMS],
    )


def agreed(body: str, by: str) -> str:
    """The body below whose title stands who agreed to the change; saying it again changes nothing."""
    said = line(by, 500)
    said = said[:1].upper() + said[1:]
    title, gap, rest = body.partition("\n\n")
    return body if rest.startswith(said) else f"{title}{gap}{said}\n\n{rest}"
