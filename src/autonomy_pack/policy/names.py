"""Names made from ids: branches, folders, hashes of actions. Pure, so every job and rerun makes the same ones."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.model import Task

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def slug(title: str) -> str:
    """At most 30 of [a-z0-9-] from a title, cut at a word where possible; "task" when nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    made = ""
    for word in words:
        longer = f"{made}-{word}" if made else word[:30]
        if len(longer) > 30:
            break
        made = longer
    return made or "task"


def branch(task: Task, agent: str) -> str:
    """agent/AGENT/ID-ATTEMPT8-SLUG; the same for every attempt at the same text."""
    return f"agent/{agent}/{task.issue or task.mission}-{attempt8(task)}-{slug(task.title)}"


def attempt8(task: Task) -> str:
    """Eight hex digits of what made the task eligible: its label event, or its text where the forge has no events."""
    return attempt8_of(task.issue, task.event) if task.event else task.pin[:8]


def attempt8_of(issue: str, event: str) -> str:
    """The same, of an issue and the label event that made it eligible."""
    return hashlib.sha256(f"{issue}@{event}".encode()).hexdigest()[:8]


def is_branch_of(branch: str, issue: str) -> bool:
    """Whether a branch has the form of our own for that issue, of whichever attempt."""
    return re.fullmatch(rf"agent/[^/]+/{re.escape(issue)}-[0-9a-f]{{8}}-[a-z0-9-]+", branch) is not None


def claim_key(task: Task) -> str:
    """The key of the lease on a task; on a forge with label events one event is one thing to be claimed."""
    return f"task:{task.id}@{task.event}" if task.event else f"task:{task.id}"


def run_of_claim(key: str, fence: int) -> str:
    """TASK/FENCE, or TASK@EVENT/FENCE: the id of the run that works under that lease."""
    return f"{key.removeprefix('task:')}/{fence}"


def claim_of_run(run: str) -> str:
    """The key of the lease that a run works under."""
    return f"task:{run.rpartition('/')[0]}"


def fence_of_run(run: str) -> int:
    """How often the lease of a run's labelling had been taken with it; 0 where no label event is told."""
    told = re.search(r"@[0-9]+/([0-9]{1,9})$", run)
    return int(told[1]) if told else 0


def pending_ref(run: str) -> str:
    """Where a run on GitHub keeps its change until a person agreed; "" for a run of a clone, which keeps records."""
    told = re.search(r"#([0-9]+)@([0-9]+)/([0-9]{1,9})$", run)
    return f"refs/autonomy/pending/{told[1]}-{told[2]}-{told[3]}" if told else ""


def task_of_run(run: str) -> str:
    """The id of the task that a run is about. An issue's id has no "@", so the event can be told from it."""
    return task_of_claim(run.rpartition("/")[0])


def task_of_claim(key: str) -> str:
    """The id of the task that a lease is about."""
    task = key.removeprefix("task:")
    return re.sub(r"(#[^@]*)@[0-9]+$", r"\1", task)


def issue_of_run(run: str) -> str:
    """The issue's own id, without its repository."""
    return issue_of(task_of_run(run))


def issue_of(task: str) -> str:
    """The issue's own id of a task's."""
    return task.rpartition("#")[2]


def title(task: Task) -> str:
    """feat(agent): TITLE (#ID): the first line of our commit and the title of the handoff."""
    return f"feat(agent): {sanitize(one_line(task.title, 120))}" + (f" (#{task.issue})" if task.issue else "")


def path_name(run: str) -> str:
    """A run id as a name of a folder: every character outside [A-Za-z0-9._-] becomes "-"."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", run)


def canonical(data: object) -> str:
    """JSON with sorted keys and no spaces: the same value always gives the same text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def sha256(data: object) -> str:
    """The hex sha256 of the canonical JSON of a value."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def action_sha256(*, kind: str, repo: str, task: str, base: str, head: str, branch: str, policy_sha256: str) -> str:
    """The hash a decision binds to: it names one exact action, and no other has it."""
    return sha256(
        {
            "kind": kind,
            "repo": repo,
            "task": task,
            "base": base,
            "head": head,
            "branch": branch,
            "policy_sha256": policy_sha256,
        }
    )


def decision_id(run: str, action: str) -> str:
    """apr_ and six letters or digits without look-alikes; the same run asking for the same action asks once."""
    number = int(hashlib.sha256(f"{run} {action}".encode()).hexdigest(), 16)
    return "apr_" + "".join(_CROCKFORD[number >> (5 * place) & 31] for place in range(6))
