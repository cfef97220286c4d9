"""Which partition a key belongs to: murmur2, as Java, Connect and librdkafka place them."""

from typing import Any, cast

from amml_runtime.batch import Array


def partitions_of(keys: Array, count: int) -> list[int]:
    """The partition of every key, of `count`; a null key goes to partition 0.

    Source: `org.apache.kafka.common.utils.Utils.murmur2` and `BuiltInPartitioner`.

    >>> import pyarrow as pa
    >>> partitions_of(pa.array(["sensor-1", "sensor-2", None]), 8)
    [5, 3, 0]
    """
    if count == 1:
        return [0] * len(keys)
    coded = cast(Any, keys.dictionary_encode())
    places = [(murmur2(key.encode()) & 0x7FFFFFFF) % count for key in coded.dictionary.to_pylist()]
    return [0 if index is None else places[index] for index in coded.indices.to_pylist()]


def murmur2(data: bytes) -> int:
    """The 32-bit hash that Kafka's Java client computes, unsigned."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
