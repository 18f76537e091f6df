"""Ways to tell people something: one file each."""

from __future__ import annotations

from autonomy_pack.channels import logfile
from autonomy_pack.contracts import Channel

CHANNELS: dict[str, Channel] = {"logfile": logfile}
