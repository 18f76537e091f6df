"""Looking after the store itself: bringing its tables up to date, and checking that it tells the truth."""

from __future__ import annotations

from autonomy_pack.model import Finding
from autonomy_pack.store import audit, connect, migrations, open_store
from autonomy_pack.store.migrations import Migrated


def migrate(url: str) -> Migrated:
    """Bring the store's tables up to date, after a backup; does nothing when they are.

    WorldError when a step fails (it is undone) or the store is damaged; UsageError when a newer program wrote it.
    """
    store = connect(url)
    try:
        return migrations.migrate(store)
    finally:
        store.close()


def check(url: str, *, rebuild: bool = False) -> list[Finding]:
    """What is wrong with the store; with `rebuild`, the heads are folded anew first, so that only damage is left.

    WorldError when it cannot be read at all; UsageError when there is none, or its tables are not of this program.
    """
    store = open_store(url, create=False)
    try:
        if rebuild:
            audit.rebuild(store)
        return audit.examine(store)
    finally:
        store.close()
