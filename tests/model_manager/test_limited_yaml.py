"""YAML from strangers."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_model_manager.limited_yaml import MAX_BYTES, YamlRefused, load

BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdef"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOMB, "aliases"),
        ("[" + "1, " * 21_000 + "]", "at most 5000 values"),
        ("a: &a\n  b: *a", "aliases"),
        ("[" * 21 + "]" * 21, "nesting of at most 20"),
        ("[" * 60_000, "nesting of at most 20"),
        ("- " * 30_000, "nesting of at most 20"),
        ("x" * (MAX_BYTES + 1), "at most 65536 bytes"),
        ("a: 1\nb: {c: 1, c: 2}", "line 2: `c` is given twice"),
        ("!!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ("a: [1", "line 1"),
        ("a: 2020-13-45", "month must be in 1..12"),
        ("9" * 5000, "digits"),
        ("a: \x07", "no YAML"),
        ("--- 1\n--- 2", "document"),
        ("? [1]\n: 2\n? {a: 1}\n: 2", "unhashable"),
    ],
)
def test_what_is_not_allowed_is_refused_at_once(text: str, expected: str) -> None:
    start = time.monotonic()
    with pytest.raises(YamlRefused, match=expected):
        load(text)
    assert time.monotonic() - start < 1


@given(st.text(max_size=200) | st.text("[]{}:-&*!?|>'\"#%@` \nab1", max_size=60))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    try:
        load(text)
    except YamlRefused as error:
        assert str(error)


def test_a_text_of_the_largest_size_loads() -> None:
    comment = "# a long comment\n" * 2800
    assert load(comment + "a: [" + "1, " * 4000 + "]") == {"a": [1] * 4000}
