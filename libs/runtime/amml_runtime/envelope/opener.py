"""Connect's envelope, `{"schema": ..., "payload": ...}`, opened for many messages at once.

A schema is most of a message's bytes, and the same from message to message. So the bytes up to the
payload are compared with those seen last, and only what follows is parsed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import orjson

from amml_runtime import records
from amml_runtime.envelope.schema import Fields, fields_of
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
        self._head = b""  # of the last message: all its bytes up to the payload
        self._fields: Fields | None = None
        self._name = secrets.token_hex(8)

    def open(self, values: Sequence[bytes | None]) -> list[Opened]:
        """The payloads of messages, in a new group where the schema changes."""
        alike = self._alike(values)
        return [alike] if alike is not None else self._each(values)

    def _alike(self, values: Sequence[Any]) -> Opened | None:
        """All messages at once, if each has the known schema and one payload; else None.

        What follows a message's head, behind `{"name":`, is an object if and only if the message
        is one; if it has no other name, the message has no other than `schema` and `payload`. As
        nobody knows the name, no message can close what another one opens, and go unnoticed.
        """
        fields, name = self._fields, self._name
        if fields is None or None in values:
            return None
        rests = list(map(bytes.removeprefix, values, repeat(self._head)))
        if sum(map(len, values)) - sum(map(len, rests)) != len(rests) * len(self._head):
            return None
        start = b'{"%s":' % name.encode()
        try:
            found = orjson.loads(b"[%s%s]" % (start, (b"," + start).join(rests)))
            payloads = [each[name] for each in found]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        if len(found) != len(values) or set(map(len, found)) != {1} or None in payloads:
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
        at = 0
        for _ in range(_TRIES):
            quoted = value.find(b'"payload"', at)
            if quoted < 0:
                return
            at = value.find(b":", quoted) + 1
            head = value[:at]
            try:
                document = orjson.loads(head + b"null}")
                if list(document) == _NAMES:
                    self._fields, self._head = fields_of(document["schema"]), head
                    return
            except (orjson.JSONDecodeError, RecordRefused):
                continue  # it is a text within the schema
