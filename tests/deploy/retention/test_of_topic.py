"""What a rule chooses of a topic, and what keeps it back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from amml_deploy.retention.claims import Claims
from amml_deploy.retention.of_topic import Topic, part_of
from amml_deploy.retention.plan import Piece

AGE = {"max_age_ms": 1000, "max_bytes": None, "hold": None}
TRAINED = {"co2.raw[0]": [20, 50], "amml.t.r1.source[0]": [0, 9], "lake": []}


def topic(**changes: Any) -> Topic:
    """A hundred records of ten bytes from offset 10 on, half of which are old enough."""
    fields: dict[str, Any] = {
        "extents": {0: (10, 110)},
        "older": {0: 60},
        "sizes": {0: 10.0},
        "positions": {},
    }
    return Topic("co2.raw", **(fields | changes))


def pieces(
    found: Topic, rule: dict[str, Any] = AGE, claims: Claims | None = None, **will: bool
) -> list[tuple[int | None, int | None, str]]:
    fields = {"forced": False, "past_readers": False} | will
    part = part_of(found, rule, claims or Claims(), **fields)
    return [(each.first, each.last, each.kept) for each in part.pieces]


def test_what_is_older_goes() -> None:
    part = part_of(topic(), AGE, Claims(), forced=False, past_readers=False)
    assert part.going == (Piece("0", 10, 60, 50, 500, "max-age 1s"),)
    assert pieces(topic(older={0: 5})) == []


def test_a_reader_keeps_what_it_has_still_to_read() -> None:
    found = topic(positions={"amml.hot.r1.source": {0: 40}})
    why = "`amml.hot.r1.source` has read to offset 40"
    assert pieces(found) == [(10, 40, ""), (40, 60, why)]
    assert pieces(found, past_readers=True) == [(10, 60, "")]
    assert pieces(found, forced=True) == [(10, 40, ""), (40, 60, why)]
    [(first, last, kept)] = pieces(topic(positions={"new": {}}))
    assert (first, last, kept) == (10, 60, "`new` has read to offset 10")


def test_a_model_keeps_what_it_was_trained_on() -> None:
    claims = Claims()
    claims.add("run `a`", TRAINED)
    assert pieces(topic(), claims=claims) == [(10, 20, ""), (20, 60, "run `a`")]
    assert pieces(topic(), claims=claims, forced=True) == [(10, 60, "")]
    other = topic(extents={0: (50, 110)})  # what it was trained on has gone long ago
    assert pieces(other, claims=claims) == [(50, 60, "")]


def test_a_hold_keeps_everything() -> None:
    assert pieces(topic(), AGE | {"hold": "case 7"}) == [(10, 60, "hold: case 7")]


@given(
    st.dictionaries(st.integers(0, 3), st.tuples(st.integers(0, 50), st.integers(0, 80))),
    st.integers(0, 4000),
)
def test_by_size_just_so_much_goes_that_the_rest_fits(
    counts: dict[int, tuple[int, int]], most: int
) -> None:
    extents = {each: (first, first + count) for each, (first, count) in counts.items()}
    found = topic(extents=extents, older={}, sizes=dict.fromkeys(extents, 10.0))
    rule = {"max_age_ms": None, "max_bytes": most, "hold": None}
    going = part_of(found, rule, Claims(), forced=False, past_readers=False).going
    total = sum(count for _, count in counts.values()) * 10
    left = total - sum(each.bytes for each in going)
    assert left <= most or not going
    assert left == total if total <= most else left > most - 10 * (len(extents) + 1)
