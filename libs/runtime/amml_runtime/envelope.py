"""Connect's envelope, `{"schema": ..., "payload": ...}`, opened for many messages at once.

A schema is most of a message's bytes, and the same from message to message. So the bytes up to the
payload are compared with those seen last, and only what follows is parsed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import orjson

from amml_runtime import records
from amml_runtime.envelope_schema import Fields, fields_of
from amml_runtime.errors import RecordRefused

_NAMES = ["schema", "payload"]
_TRIES = 8  # a schema may hold the text `"payload"`, too


@dataclass
class Opened:
    """Payloads of neighbouring messages of one schema.

    `places` says which messages of the run they are; the group's messages end before `next`. One
    of them without a value gives nothing, and `refused` says why one is no envelope.
    """

    fields: Fields | None = None
    places: list[int] = field(default_factory=list[int])
    payloads: list[Any] = field(default_factory=list[Any])
    refused: dict[int, str] = field(default_factory=dict[int, str])
    next: int = 0


class Opener:
    """Opens the messages of one topic partition.

    >>> message = b'{"schema":{"type":"int8"},"payload":%d}'
    >>> found = Opener().open([message % 1, None, b"?", message % 2])
    >>> [(each.places, each.payloads, each.refused) for each in found]
    [([0, 3], [1, 2], {2: 'not JSON: ...'})]
    """

    def __init__(self) -> None:
        self._head = b""  # of the last message: all its bytes before `"payload"`
        self._fields: Fields | None = None

    def open(self, values: Sequence[bytes | None]) -> list[Opened]:
        """The payloads of messages, in a new group where the schema changes."""
        alike = self._alike(values)
        return [alike] if alike is not None else self._each(values)

    def _alike(self, values: Sequence[Any]) -> Opened | None:
        """All messages at once, if each has the known schema and one payload; else None.

        What follows the head, with a brace before it, is JSON if and only if the message is; and
        where that is the payload alone, the message is that payload with the known schema.
        """
        fields, cut = self._fields, len(self._head)
        if fields is None or None in values:
            return None
        if not all(map(bytes.startswith, values, repeat(self._head))):
            return None
        try:
            rests = list(map(orjson.loads, [b"{" + each[cut:] for each in values]))
            payloads = [each["payload"] for each in rests]
        except (orjson.JSONDecodeError, KeyError):
            return None
        if set(map(len, rests)) != {1} or None in payloads:
            return None
        if fields.is_struct and set(map(type, payloads)) != {dict}:
            return None
        return Opened(fields, list(range(len(values))), payloads, next=len(values))

    def _each(self, values: Sequence[bytes | None]) -> list[Opened]:
        groups = [Opened()]
        for at, value in enumerate(values):
            try:
                if value is not None:
                    self._put(groups, at, *self._one(value))
            except RecordRefused as refusal:
                groups[-1].refused[at] = refusal.reason
            groups[-1].next = at + 1
        return groups

    def _one(self, value: bytes) -> tuple[Fields, Any]:
        """The schema and payload of one message; raises `RecordRefused`."""
        if self._fields is not None and value.startswith(self._head):
            if (alike := self._alike([value])) is not None:
                return self._fields, alike.payloads[0]
        document = records.parsed(value)
        if not isinstance(document, dict) or document.keys() != set(_NAMES):
            raise RecordRefused("no envelope of Connect's: not an object of `schema` and `payload`")
        fields = fields_of(document["schema"])
        if list(document) == _NAMES:
            self._learn(value)
        return fields, document["payload"]

    def _put(self, groups: list[Opened], at: int, fields: Fields, payload: Any) -> None:
        """Into the last group, or into a new one where that has another schema."""
        if payload is None:
            return
        if fields.is_struct and not isinstance(payload, dict):
            raise RecordRefused(f"its payload must be an object, not {type(payload).__name__}")
        last = groups[-1]
        if last.fields is not None and last.fields is not fields:
            groups.append(last := Opened())
        last.fields = fields
        last.places.append(at)
        last.payloads.append(payload)

    def _learn(self, value: bytes) -> None:
        """Remember what stands before the payload, if that alone is a whole schema."""
        at = -1
        for _ in range(_TRIES):
            at = value.find(b'"payload"', at + 1)
            if at < 0:
                return
            try:
                document = orjson.loads(value[:at] + b'"payload":null}')
                if list(document) == _NAMES:
                    fields = fields_of(document["schema"])
                    self._head, self._fields = value[:at], fields
                    return
            except (orjson.JSONDecodeError, RecordRefused):
                continue  # it is a text within the schema
