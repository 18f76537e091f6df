"""How much a text of JSON makes up, told before any of it is built."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.edges import closed

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='a,[{"\\:é', max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def parts(value) -> int:
    """Objects and lists, and the entries of each beyond its first."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(0, len(value) - 1) + sum(map(parts, inner))


@given(VALUES)
def test_parts_are_counted_as_they_would_be_built(value):
    text = json.dumps(value, ensure_ascii=False).encode()
    count = parts(value)
    assert not closed.has_more_parts(text, count)
    assert count == 0 or closed.has_more_parts(text, count - 1)


@pytest.mark.parametrize("text", [b"[" * 9, b'{"a": "[[[[[[[[[', b'"' * 9, b'["\\', b""])
def test_what_is_no_json_is_counted_too(text):
    assert closed.has_more_parts(text, 8) == (text.startswith(b"[["))
