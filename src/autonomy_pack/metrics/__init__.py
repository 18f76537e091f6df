"""Numbers folded from events: one file each. A name is what people and exports call it."""

from __future__ import annotations

from autonomy_pack.contracts import Metric
from autonomy_pack.metrics import handed_off, run_seconds, success_rate

METRICS: dict[str, Metric] = {
    "handed_off": handed_off.metric,
    "success_rate": success_rate.metric,
    "run_seconds": run_seconds.metric,
}
