"""Getting the artifact of an attempt: by the API, by name, by our own reader; what does not fit is refused whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autonomy_pack.edges import artifact, files
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import claims
from autonomy_pack.model import Leg, Result, value

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub


class Unfit(Exception):
    """What the run job left cannot be used; str() says why."""


@value
class Fetched:
    """What a run job claims, its bundle, and the hash of its transcript."""

    result: Result
    bundle: bytes
    transcript_sha256: str


def name_of(leg: Leg) -> str:
    """The name of a leg's artifact; only its own run job may use it, and nothing in it is believed for that."""
    return f"attempt-{leg.number}-{leg.event}-{leg.attempt}"


def fetch(github: GitHub, run_id: int, leg: Leg) -> Fetched:
    """The artifact of that leg. Unfit when there is not exactly one that is what a run job writes.

    WorldError when GitHub cannot be asked: then nothing is known, and asking again may help.
    """
    name = name_of(leg)
    found = [one for one in github.artifacts(run_id) if one.name == name and not one.expired]
    if not found:
        raise Unfit("its run job left nothing behind: it was cancelled, ran out of time, or could not begin")
    if len(found) > 1:
        raise Unfit(f"there are {len(found)} artifacts called {name}")
    if found[0].size > artifact.LARGEST:
        raise Unfit(f"its artifact has {found[0].size:,} bytes, more than {artifact.LARGEST:,}")
    content = github.artifact_zip(found[0].id, artifact.LARGEST)
    try:
        return _read(content, leg)
    except WorldError as error:
        raise Unfit(error.says) from error


def _read(content: bytes, leg: Leg) -> Fetched:
    inside = artifact.read(content)
    result = claims.of_json(inside[artifact.RESULT], leg)
    bundle = inside[artifact.BUNDLE]
    if result.bundle_sha256 and files.sha256(bundle) != result.bundle_sha256:
        raise WorldError("the bundle is not the one that its result names", "Run the task again.")
    if result.outcome == claims.PRODUCED and not (bundle and result.head and result.tree):
        raise WorldError("the result speaks of a change that is not there", "Run the task again.")
    return Fetched(result=result, bundle=bundle, transcript_sha256=files.sha256(inside[artifact.TRANSCRIPT]))
