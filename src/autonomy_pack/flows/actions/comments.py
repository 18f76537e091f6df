"""One comment of ours for each thing we have to say about an issue: found again by its record, edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autonomy_pack.contracts import Store
from autonomy_pack.edges.redact import redact
from autonomy_pack.flows.records import known_secrets
from autonomy_pack.model import Comment, Event
from autonomy_pack.policy import answers

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

BOT = "github-actions[bot]"
FIRST = "This comment says what became of this issue; it is edited in place."
LONGEST = 60_000  # GitHub takes 65,536 characters


def keep(github: GitHub, store: Store, issue: str, slot: str, body: str) -> int:
    """Make the comment of that slot say `body`; its number. Foreign words in it were made harmless by its view.

    It is found by its recorded number, or by being ours and saying exactly what a new one says first; anybody else's
    comment is left alone.
    """
    number, event = write(github, store, issue, slot, body)
    if event:
        github.calls.before_write()  # a push is a write as well
        store.append([event])
    return number


def keep_marked(github: GitHub, number: int, marker: str, body: str, author: str = BOT) -> None:
    """Make the one comment that begins with this line, and that `author` wrote, say `body`; for those who keep no
    records of it. Anybody else's comment is left alone, whatever it begins with."""
    text = fit(body)
    ours = (one for one in github.comments(number) if one.author == author and one.body.startswith(marker))
    there = next(ours, None)
    if there is None:
        github.add_comment(number, text)
    elif there.body != text:
        github.edit_comment(there.id, text)


def write(github: GitHub, store: Store, issue: str, slot: str, body: str) -> tuple[int, Event | None]:
    """The same, but the record of its newest text, if anything is new, is left to the caller to store.

    A new comment begins with words that are the same in every run, and its number is stored before it says anything
    else: a run that dies in between leaves a comment that the next one knows. Of several that begin one at the same
    moment the first to be stored is kept.
    """
    body = fit(body)
    there = _recorded(github, store, issue, slot) or _new(github, store, issue, slot)
    if there.body != body:
        there = github.edit_comment(there.id, body)
    data = _data(issue, there, body)
    told = _told(store, issue, slot)
    known = bool(told) and dict(told[-1].data) == data
    return there.id, None if known else Event(kind="comment.made", subject=_subject(issue, slot), data=data)


def _new(github: GitHub, store: Store, issue: str, slot: str) -> Comment:
    """Our first words; what was made here goes again when another process stored its own before."""
    key = f"comment/{issue}/{slot}/{len(_told(store, issue, slot))}"
    there = _same(github, issue, FIRST)
    made = there or github.add_comment(issue, FIRST)
    github.calls.before_write()
    store.append([Event(kind="comment.made", subject=_subject(issue, slot), data=_data(issue, made, FIRST), key=key)])
    if _told(store, issue, slot)[-1].data["comment"] == str(made.id):
        return made
    kept = _recorded(github, store, issue, slot)
    if kept and not there:
        github.delete_comment(made.id)
    return kept or made


def fit(body: str) -> str:
    """The text as it may be posted: without secrets, and not longer than a comment can be."""
    clean = redact(body, known_secrets())
    return clean if len(clean) <= LONGEST else f"{clean[:LONGEST]}\n\n… cut: the step summary has the rest\n"


def _subject(issue: str, slot: str) -> str:
    return f"comment:{issue}/{slot}"


def _recorded(github: GitHub, store: Store, issue: str, slot: str) -> Comment | None:
    told = _told(store, issue, slot)
    comment = github.comment(int(told[-1].data["comment"])) if told else None
    # The record can be written by any workflow: it never makes us edit what is not ours, or what stands elsewhere.
    return comment if comment and comment.author == BOT and str(comment.issue) == issue else None


def _same(github: GitHub, issue: str, body: str) -> Comment | None:
    return next((one for one in github.comments(issue) if one.author == BOT and one.body == body), None)


def _told(store: Store, issue: str, slot: str) -> list[Event]:
    return list(store.events(kinds=["comment.made"], subject=_subject(issue, slot)))


def _data(issue: str, comment: Comment, body: str) -> dict[str, object]:
    return {"issue": issue, "comment": str(comment.id), "sha256": answers.sha256(body)}
