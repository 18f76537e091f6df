"""The older pack in repositories of the hub: proposed like any install, its files kept whole, look-alikes left alone."""

from __future__ import annotations

from dataclasses import replace

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.flows.fleet import many
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.plan import Act
from autonomy_pack.policy.fleet.rows import Reason
from hub import Hub
from tests.flows.fleet.test_many import INSTALL, SYNC, Go, fleet, go, hub, reasons
from tests.flows.fleet.test_older import LITE, LOOP, WHOLE

__all__ = ["fleet", "go", "hub"]
DIRECT = replace(INSTALL, direct=True)


def planned(fleet: Fleet, name: str) -> Planned:
    return next(one for one in many.rows(fleet, fleet.targets(), INSTALL) if one.row.name == name)


def test_a_whole_install_gives_way_and_every_text_is_still_there(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.commit(WHOLE)
    assert reasons(go(SYNC))["one"] is Reason.OLDER_PACK
    assert reasons(go(DIRECT))["one"] is Reason.CHANGE
    for path, text in WHOLE.items():
        kept = older.kept_as(path) if path in (*older.ADOPTED, older.MARKER) else path
        assert repo.file(kept) == text, path
    assert repo.file(older.MARKER) is None
    assert "o/p/.github/workflows" in (repo.file(older.LOOP) or "")
    assert set(reasons(go(replace(SYNC, pack=""))).values()) == {Reason.UP_TO_DATE}


def test_a_lite_install_is_known_by_its_traits_and_a_look_alike_is_not(hub: Hub, fleet: Fleet, go: Go) -> None:
    lite, alike = hub.repos["acme/one"], hub.repos["acme/two"]
    lite.commit(LITE)
    alike.commit({older.LOOP: "name: a loop of the host's\non: push\n"})
    acts = {step.path: step.act for step in planned(fleet, "acme/two").row.steps}
    assert acts[older.LOOP] is Act.KEEP
    go(DIRECT)
    assert lite.file(older.kept_as(older.LOOP)) == LITE[older.LOOP]
    assert lite.file("Makefile") == LITE["Makefile"]
    assert alike.file(older.LOOP) == "name: a loop of the host's\non: push\n"
    assert LOOP not in (alike.file(older.kept_as(older.LOOP)) or "")
