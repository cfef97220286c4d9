"""Numbers packed for many keys at once are what msgpack writes and reads, key by key."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime import packing
from amml_runtime.state import decode, encode

SHAPES = st.tuples(st.integers(0, 3), st.integers(0, 17), st.integers(1, 17))


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    shape = draw(SHAPES)
    count = int(np.prod(shape))
    return np.array(draw(st.lists(st.floats(), min_size=count, max_size=count))).reshape(shape)


@given(arrays())
def test_the_bytes_are_those_of_each_value_alone(values: Any) -> None:
    cells = packing.pack(values)
    assert cells == [encode(value) for value in values.tolist()]
    found = packing.unpack(cells, *values.shape[1:])
    assert found.shape == values.shape and found.tobytes() == values.tobytes()


def test_whole_numbers_are_read_although_they_take_fewer_bytes() -> None:
    cells = [encode([[0, 1]]), encode([[2.5, 300]])]
    assert packing.unpack(cells, 1, 2).tolist() == [[[0.0, 1.0]], [[2.5, 300.0]]]


def test_a_value_of_the_same_length_but_no_floats_is_not_read_as_floats() -> None:
    cell = encode([[2**40, 2**41]])
    assert len(cell) == len(packing.pack(np.zeros((1, 1, 2)))[0])
    assert packing.unpack([cell], 1, 2).tolist() == [[[2.0**40, 2.0**41]]]


def test_decoding_one_gives_the_lists() -> None:
    assert decode(packing.pack(np.ones((1, 2, 3)))[0]) == [[1.0] * 3] * 2
