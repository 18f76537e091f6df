"""Yesterday's runs come out today as they did: another outcome, tree or step is a change that somebody must want."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy_pack.flows import box, replay
from tests import recordings
from tests.world import World


@pytest.mark.parametrize("name", recordings.RECORDINGS)
def test_it_comes_out_as_it_was_recorded(world: World, tmp_path: Path, name: str) -> None:
    recordings.RECORDINGS[name](world)
    past = recordings.read(name, tmp_path / "records", world.git("rev-parse", "HEAD"))
    opened = world.open()
    done = replay.replay(opened, past, box.choose(opened.config, "none"), lambda _: None)
    # Our own words to a model may change; what it then does with the same answers may not.
    other = [one for one in done.divergences if "of the model" not in one.what]
    assert other == []
    assert done.now == {"guard": "blocked"}.get(name, "handed_off")


def test_every_recording_is_played() -> None:
    assert {path.stem for path in recordings.FOLDER.glob("*.jsonl")} == set(recordings.RECORDINGS)
