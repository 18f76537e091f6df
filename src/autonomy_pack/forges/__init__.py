"""Where issues live and handoffs go: one file each."""

from __future__ import annotations

from collections.abc import Callable

from autonomy_pack.contracts import Forge
from autonomy_pack.forges import github, local

FORGES: dict[str, Callable[..., Forge]] = {"local": local.LocalForge, "github": github.GithubForge}
