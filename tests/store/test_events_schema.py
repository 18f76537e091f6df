"""The published schema of events says the same as the model, and what is stored keeps to it."""

import json
from dataclasses import fields
from importlib.resources import files

import jsonschema
import pytest

from autonomy_pack.model import EVENT_FIELDS, Event, Outcome, Risk

SCHEMA = json.loads((files("autonomy_pack") / "schemas" / "events.json").read_text())


def test_every_kind_has_the_fields_of_the_model_and_no_others():
    published = {kind: frozenset(data["properties"]) for kind, data in SCHEMA["$defs"].items()}
    assert published == dict(EVENT_FIELDS)
    for data in SCHEMA["$defs"].values():
        assert (set(data["required"]), data["additionalProperties"]) == (set(data["properties"]), False)
    assert SCHEMA["properties"]["kind"]["enum"] == list(EVENT_FIELDS)
    assert [one["if"]["properties"]["kind"]["const"] for one in SCHEMA["allOf"]] == list(EVENT_FIELDS)


def test_the_envelope_and_the_closed_sets_are_the_model_s():
    assert set(SCHEMA["properties"]) == {field.name for field in fields(Event)}
    assert SCHEMA["$defs"]["run.finished"]["properties"]["outcome"]["enum"] == [str(one) for one in Outcome]
    assert SCHEMA["$defs"]["finding.found"]["properties"]["risk"]["enum"] == [str(one) for one in Risk]


def test_a_schema_that_is_itself_sound_refuses_wrong_types():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = {"scope": "all", "state": "stopped", "why": ""}
    good = {"id": "", "seq": 1, "at": "2026-01-02T03:04:05.678901Z", "kind": "control.set", "repo": "."}
    good |= {"subject": "control:all", "run": "", "actor": "system", "data": data, "key": None, "v": 1}
    jsonschema.validate(good, SCHEMA)
    for wrong in ({"seq": "1"}, {"at": "yesterday"}, {"actor": "me"}, {"data": data | {"why": 1}}, {"data": {}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | wrong, SCHEMA)
