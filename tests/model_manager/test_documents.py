"""Free JSON from outside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_model_manager.documents import checked, revision, storable

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(JSON)
def test_what_was_made_storable_passes_the_check(value: Any) -> None:
    checked(storable(value))


@given(JSON)
def test_a_revision_survives_a_trip_through_json(value: Any) -> None:
    kept = storable(value)
    assert revision(json.loads(json.dumps(kept))) == revision(kept)


@pytest.mark.parametrize("value", [{"a\0": 1}, ["\udfff"], [float("-inf")], [[[{"x": "\0"}]]]])
def test_what_the_database_cannot_keep_is_found_at_any_depth(value: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        checked(value)
