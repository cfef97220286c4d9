"""Frames are the same however the bytes of a connection arrive."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from .frames import FIND_COORDINATOR, METADATA, PRODUCE, Frames, at_port, framed


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
def test_any_split_of_the_stream_gives_the_same_frames(
    sent: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(framed, sent))
    inner = data.draw(st.sets(st.integers(0, len(stream))))
    frames = Frames()
    pieces = (stream[a:b] for a, b in pairwise([0, *sorted(inner), len(stream)]))
    assert [frame for piece in pieces for frame in frames.feed(piece)] == sent


def test_only_what_tells_an_address_is_changed() -> None:
    address = b"\x00\x09127.0.0.1" + (9092).to_bytes(4, "big")
    moved = b"\x00\x09127.0.0.1" + (9999).to_bytes(4, "big")
    for key in (METADATA, FIND_COORDINATOR):
        assert at_port(key, b"." + address + address, 9092, 9999) == b"." + moved + moved
        assert at_port(key, address, 9093, 9999) == address
    assert at_port(PRODUCE, address, 9092, 9999) == address
