"""Messages' keys as texts, where a key may be an envelope of Connect's, too."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from amml_runtime import records
from amml_runtime.batch import Array, Batch
from amml_runtime.envelope.columns import columns_of
from amml_runtime.envelope.opener import Opened, Opener
from amml_runtime.errors import RecordRefused
from amml_runtime.keys import keys_of

Wrong = Mapping[int, str]


def texts_of(keys: Sequence[bytes | None], opener: Opener) -> tuple[Array, Wrong]:
    """The texts of keys, and why some are none, by their place.

    What is in an envelope is its text; of an object with several fields, a JSON array of theirs.

    >>> key = b'{"schema":{"type":"int32"},"payload":7}'
    >>> texts_of([key, b"room", None], Opener())[0].to_pylist()
    ['7', 'room', None]
    """
    if not any(key is not None and key.startswith(b"{") for key in keys):
        return _plain(keys)
    texts: list[str | None] = [None] * len(keys)
    wrong: dict[int, str] = {}
    for group in opener.open(keys):
        parts = [(group.places, *_of_group(group))]
        parts.append((list(group.refused), *_plain([keys[at] for at in group.refused])))
        for places, found, unread in parts:
            for place, text in zip(places, found.to_pylist(), strict=True):
                texts[place] = text
            wrong |= {places[at]: reason for at, reason in unread.items()}
    return pa.array(texts, pa.string()), wrong


def _of_group(group: Opened) -> tuple[Array, Wrong]:
    """The keys of one schema: what `keys_of` makes of their fields."""
    arrays, wrong = columns_of(group.fields, group.payloads) if group.fields else ({}, {})
    if not arrays:
        return pa.nulls(len(group.places), pa.string()), wrong
    batch = Batch(pa.RecordBatch.from_pydict(dict(arrays)))
    return keys_of(batch, list(arrays)), {at: f"its key: {wrong[at]}" for at in wrong}


def _plain(keys: Sequence[bytes | None]) -> tuple[Array, Wrong]:
    try:
        return pa.array(keys, pa.string()), {}
    except pa.ArrowInvalid:
        pass  # which of them, only reading one by one tells
    texts: list[str | None] = []
    wrong: dict[int, str] = {}
    for at, key in enumerate(keys):
        try:
            texts.append(records.text(key))
        except RecordRefused as refusal:
            texts.append(None)
            wrong[at] = refusal.reason
    return pa.array(texts, pa.string()), wrong
