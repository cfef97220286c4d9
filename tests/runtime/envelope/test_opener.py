"""Envelopes opened together: the same rows and refusals as one by one, whatever the bytes."""

import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from amml_runtime.envelope.opener import Opener
from amml_runtime.envelope.rows import Run, read_alone, rows_of

Strategy = st.SearchStrategy[Any]

FIELD = {"type": "int64", "optional": True, "field": "n"}
SCHEMA = {"type": "struct", "fields": [FIELD, {"type": "string", "field": "payload"}]}
TIMES = "org.apache.kafka.connect.data."

TYPES = st.sampled_from(
    [
        {"type": "int32"},
        {"type": "double"},
        {"type": "boolean"},
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "int64", "name": TIMES + "Timestamp", "version": 1},
        {"type": "int32", "name": TIMES + "Date"},
        {"type": "bytes", "name": TIMES + "Decimal", "parameters": {"scale": "2"}},
        {"type": "string", "name": "io.debezium.time.ZonedTimestamp"},
        {"type": "int64", "name": "io.debezium.time.NanoTimestamp"},
    ]
)
DEFAULTS: Strategy = st.just({}) | st.sampled_from([{"default": 1}, {"default": "x"}])
NAMES = st.sampled_from(["n", "payload", "schema", "_time", "ü", '"payload":', ""])
SCALARS: Strategy = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["NaN", "AQ==", "2026-01-01T00:00:00Z", "2026-01-01", 253402300800000])
)
VALUES: Strategy = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=3,
)
PAYLOADS = st.dictionaries(NAMES, VALUES, max_size=4) | VALUES


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """Of a struct mostly; its fields may be required and have a default."""
    if draw(st.integers(0, 9)) == 0:
        return draw(TYPES | VALUES)
    fields = [
        {**draw(TYPES), **draw(DEFAULTS), "optional": draw(st.booleans()), "field": name}
        for name in draw(st.lists(NAMES, max_size=4))
    ]
    return {"type": "struct", "fields": fields, "optional": False}


def envelope(schema: Any, payload: Any, **style: Any) -> bytes:
    document = {"schema": schema, "payload": payload}
    return json.dumps(document, ensure_ascii=False, **style).encode("utf-8", "surrogatepass")


COMPACT = (",", ":")
STYLES: list[dict[str, Any]] = [{"separators": COMPACT}, {}, {"indent": 1}]
HEAD = envelope(SCHEMA, None, separators=COMPACT)[: -len(b"null}")]
ODD: list[bytes | None] = [
    None, b"", b"{", b"{}", b"[]", b"null", b"\xff", HEAD, HEAD + b"}", HEAD + b"null}",
    HEAD + b'{"n":1},"payload":{"n":2}}', HEAD + b'{"n":1},"schema":null}',
    HEAD + b'{"n":1},"more":2}', HEAD + b'{"n":1}}}', HEAD + b'{"n":1},{"n":2}}',
    HEAD + b'{"n":1', HEAD + b'"n":2}}', HEAD + b'[1]}', HEAD + b' { "n" : 3 } } \n',
    HEAD + b'{"n":1,"n":2}}', HEAD + b'{"payload":"\\u0000"}}', HEAD + b'{"payload":"\xff"}}',
    HEAD[: -len(b'"payload":')] + b'}', HEAD[: -len(b'"payload":')] + b'"p\\u0061yload":{"n":1}}',
    HEAD + b'{"n":' + b"[" * 1022 + b"]" * 1022 + b"}}",
    HEAD + b'{"n":' + b"[" * 1023 + b"]" * 1023 + b"}}",
    HEAD + b'{"x":' + b"[" * 1022 + b"]" * 1022 + b"}}",
    HEAD + b'{"x":' + b"[" * 1023 + b"]" * 1023 + b"}}",
    b'{"payload":{"n":1},"schema":' + json.dumps(SCHEMA).encode() + b"}",
    b'{"schema":1,"payload":2,' + HEAD[1:] + b'{"n":1}}',
    b"\xef\xbb\xbf" + HEAD + b"{}}",
]  # fmt: skip


@st.composite
def runs(draw: st.DrawFn) -> list[bytes | None]:
    """Messages of one schema or two, written in one way or several, with odd ones among them."""
    known = draw(st.lists(schemas(), min_size=1, max_size=2))
    styles = [*STYLES, {"sort_keys": True}][: draw(st.integers(1, 4))]
    parts = (st.sampled_from(known), PAYLOADS, st.sampled_from(styles))
    written = st.tuples(*parts).map(lambda part: envelope(part[0], part[1], **part[2]))
    odd: Strategy = st.sampled_from(ODD) | st.binary(max_size=4)
    some = draw(st.lists(written, min_size=1, max_size=8))
    return [*some, *draw(st.lists(written | odd, max_size=4)), *some]


@st.composite
def alike(draw: st.DrawFn) -> list[bytes | None]:
    """Messages as a connector writes them: of one schema, in one way, with proper payloads."""
    types: list[Any] = draw(st.lists(TYPES, min_size=1, max_size=4))
    fields = [{**each, "optional": True, "field": str(at)} for at, each in enumerate(types)]
    schema, style = {"type": "struct", "fields": fields}, draw(st.sampled_from(STYLES))
    names = st.sampled_from([each["field"] for each in fields])
    payloads = draw(st.lists(st.dictionaries(names, SCALARS), min_size=1, max_size=9))
    texts = [envelope(schema, each, **style) for each in payloads]
    assume(not any(b"NaN" in each or b"Infinity" in each for each in texts))
    return list(texts)


Read = tuple[list[Any], dict[int, str]]


def together(values: list[bytes | None], before: bytes | None = None) -> Read:
    """The rows, with their columns' types, and the refusals; `before` was read already."""
    values_opener, keys_opener = Opener(), Opener()
    values_opener.open([before])
    run = Run(values, [None] * len(values), [0] * len(values))
    rows, refused = list[Any](), dict[int, str]()
    for opened in values_opener.open(values):
        batch, wrong = rows_of(opened, run, keys_opener)
        rows += [(repr(row), batch.schema) for row in batch.to_rows()]
        refused |= wrong
    return rows, refused


def one_by_one(values: list[bytes | None]) -> Read:
    rows, refused = list[Any](), dict[int, str]()
    for at, value in enumerate(values):
        batch, wrong = read_alone(Run([value], [None], [0]))
        rows += [(repr(row), batch.schema) for row in batch.to_rows()]
        if wrong:
            refused[at] = wrong[0]
    return rows, refused


@given(runs())
@example([envelope(SCHEMA, {"n": 1, "payload": "x"}, separators=COMPACT)] * 3)
def test_messages_read_together_as_one_by_one(values: list[bytes | None]) -> None:
    expected = one_by_one(values)
    assert together(values) == expected
    assert together(values, before=values[0]) == expected


@given(alike())
def test_messages_of_one_schema_are_opened_at_once(values: list[bytes | None]) -> None:
    opener = Opener()
    opener.open(values[:1])
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(Opener, "_each")
        assert len(opener.open(values)) == 1
    assert together(values, before=values[0]) == one_by_one(values)


@pytest.mark.parametrize("odd", ODD)
def test_every_odd_message_among_ordinary_ones(odd: bytes | None) -> None:
    ordinary = HEAD + b'{"n":1,"payload":"x"}}'
    values = [ordinary, odd, ordinary]
    assert together(values) == one_by_one(values)
    assert together([odd, odd], before=ordinary) == one_by_one([odd, odd])


@pytest.mark.parametrize("style", STYLES)
def test_a_schema_is_parsed_once_however_it_is_written(
    style: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = Opener()
    values = [envelope(SCHEMA, {"n": n, "payload": '"payload":'}, **style) for n in range(5)]
    opener.open(values[:1])
    monkeypatch.delattr("amml_runtime.records.parsed")
    [opened] = opener.open(values)
    assert [each["n"] for each in opened.payloads] == [0, 1, 2, 3, 4]


def test_a_change_of_the_schema_begins_a_new_group() -> None:
    other = {"type": "struct", "fields": [FIELD]}
    values = [envelope(SCHEMA, {"n": 1}), envelope(other, {"n": 2}), b"?", envelope(other, {})]
    found = Opener().open([None, *values])
    assert [(each.places, each.next, list(each.refused)) for each in found] == [
        ([1], 2, []),
        ([2, 4], 5, [3]),
    ]


def test_what_has_no_value_gives_neither_row_nor_refusal() -> None:
    assert together([None, envelope(SCHEMA, None), envelope(None, None)]) == (
        [],
        {2: "its schema is none of Connect's: it is null, as of a connector that knows no schema"},
    )
