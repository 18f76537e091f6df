"""Comments: adopted only when they are byte for byte what we were about to write."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, takewhile

from autonomy_pack.edges.github import shapes
from autonomy_pack.edges.github.body import fit
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.model import Comment

_MANY = 1000


class Comments(Connected):
    """Reading and writing comments of issues and pull requests."""

    def comments(self, issue: str | int, before: str = "") -> list[Comment]:
        """Every comment, oldest first; with `before` only those made earlier, of the first 1,000: at most 10 requests.

        GitHub lists them by their number, so none that was made earlier comes after one that was made later.
        """
        told = map(shapes.comment, self.calls.pages(self.at("issues", issue, "comments")))
        return list(takewhile(lambda one: one.created < before, islice(told, _MANY)) if before else told)

    def comment(self, id: int) -> Comment | None:  # noqa: A002
        """One comment as it is now; None when it was deleted."""
        told = self.calls.find(self.at("issues", "comments", id))
        return shapes.comment(told) if told else None

    def add_comment(self, issue: str | int, body: str) -> Comment:
        """Write a comment. When the answer is lost, the newest comment with exactly this body is taken for it.

        Another process that died before it noted the id finds its comment by `comments` and its body.
        """
        text = fit(body)
        look = self._same(issue, text)
        told = self.calls.write("POST", self.at("issues", issue, "comments"), {"body": text}, look=look)
        return told if isinstance(told, Comment) else shapes.comment(told)

    def edit_comment(self, id: int, body: str) -> Comment:  # noqa: A002
        """Replace the text of a comment."""
        told = self.calls.write("PATCH", self.at("issues", "comments", id), {"body": fit(body)})
        return shapes.comment(told)

    def delete_comment(self, id: int) -> None:  # noqa: A002
        """Remove a comment; nothing happens when it is gone already."""
        try:
            self.calls.write("DELETE", self.at("issues", "comments", id))
        except Refused as error:
            if error.status != 404:
                raise

    def _same(self, issue: str | int, text: str) -> Callable[[], Comment | None]:
        def look() -> Comment | None:
            return next((one for one in reversed(self.comments(issue)) if one.body == text), None)

        return look
