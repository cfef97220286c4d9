"""Keys go to the partitions that Kafka's Java client would choose."""

import pyarrow as pa
import pytest

from amml_runtime.partitioner import murmur2, partitions_of


@pytest.mark.parametrize(
    ("key", "hash"),
    [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536)],
)
def test_the_hash_is_the_java_clients(key: str, hash: int) -> None:
    """The values of Kafka's own `UtilsTest`."""
    assert murmur2(key.encode()) == hash & 0xFFFFFFFF


def test_null_keys_go_to_partition_0_and_equal_keys_together() -> None:
    places = partitions_of(pa.array(["a", None, "b", "a", "ä"]), 16)
    assert places[1] == 0
    assert places[0] == places[3]
    assert all(0 <= place < 16 for place in places)


def test_one_partition_takes_all() -> None:
    assert partitions_of(pa.array(["a", None]), 1) == [0, 0]
