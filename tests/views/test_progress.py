"""What a person reads while a session works: a reason comes with its next step, however long it is."""

from __future__ import annotations

from autonomy_pack.model import Event, Head
from autonomy_pack.views import progress
from autonomy_pack.views.table import table

WHY = f"{'it met a wall, ' * 20}and so on. Raise limits.usd."


def test_the_next_step_at_the_end_of_a_reason_is_not_cut_off() -> None:
    data = {"outcome": "over_budget", "why": WHY, "seconds": 1.0, "usd": 0.0, "tokens": 0}
    end = Event(kind="run.finished", subject=".#1", run=".#1/1", data=data)
    head = Head(repo=".", subject=".#1", type="task", title="t")
    assert progress.run_line(head, [end]).endswith("Raise limits.usd.")
    assert progress.plain(end).endswith("Raise limits.usd.")
    assert table([("why",), (WHY,)]).endswith("Raise limits.usd.")
