"""Lines of a log as columns, by a regular expression or a grok pattern.

The expressions are RE2's, whose time is linear in the line: no pattern of a user, and no line that
somebody smuggles into a log, makes it run for ever.
"""

import re
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime.batch import Array

# The names that Logstash has made common; each is RE2.
GROK = {
    "WORD": r"\w+",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "INT": r"[+-]?\d+",
    "NUMBER": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?",
    "QUOTEDSTRING": r'"(?:[^"\\]|\\.)*"',
    "IP": r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)",
    "HOSTNAME": r"[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?",
    "UUID": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "PATH": r"/\S*",
    "LOGLEVEL": r"(?i:trace|debug|info|notice|warn(?:ing)?|error|critical|fatal|alert|emerg)",
    "TIMESTAMP_ISO8601": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?",
    "HTTPDATE": r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}",
}
_PLACE = re.compile(r"%\{(\w+)(?::(\w+))?\}")
_FIELD = re.compile(r"\(\?P?<(\w+)>")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_HTTP_DATE = r"^(\d\d)/(\d\d)/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$"


class Lines(NamedTuple):
    """What lines hold: the text of each field, null in all where the pattern does not match."""

    fields: dict[str, Array]
    matched: Array


def expression(pattern: str) -> str:
    """The RE2 expression of a pattern, grok's `%{NAME:field}` put in.

    Errors: ValueError, a name that is not in `GROK`, no field, or no expression at all.

    >>> expression("%{IP:client} took %{INT:ms} ms")[:14]
    '(?P<client>(?:'
    """
    found = _PLACE.sub(_grok, pattern)
    names = _FIELD.findall(found)
    if not names:
        raise ValueError("the pattern names no field: write %{NUMBER:co2} or (?P<co2>[0-9.]+)")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"the pattern names the field `{twice}` twice")
    try:
        pc.extract_regex(pa.array([""]), found)
    except pa.ArrowInvalid as error:
        raise ValueError(f"the pattern is no regular expression of RE2: {error}") from None
    return found


def lines_of(lines: Iterable[bytes]) -> list[str]:
    """Lines as text without their ends; bytes that are no UTF-8 become question marks."""
    return [line.decode(errors="replace").rstrip("\r\n") for line in lines]


def parse(lines: Array, pattern: str) -> Lines:
    """The fields in lines; the first place in a line that matches counts.

    A time as web servers write it (`HTTPDATE`) becomes ISO 8601.

    >>> found = parse(pa.array(["co2=412 ok", "?"]), "co2=%{NUMBER:co2}")
    >>> found.fields["co2"].to_pylist(), found.matched.to_pylist()
    (['412', None], [True, False])
    """
    found = pc.extract_regex(lines, expression(pattern))
    texts = {field.name: found.field(i) for i, field in enumerate(found.type)}
    matched = pc.is_valid(found)
    shown = {name: pc.if_else(matched, _iso(each), None) for name, each in texts.items()}
    return Lines(shown, matched)


def _grok(place: "re.Match[str]") -> str:
    name, field = place[1], place[2]
    if name not in GROK:
        raise ValueError(f"the pattern asks for %{{{name}}}; there are {', '.join(sorted(GROK))}")
    return f"(?P<{field}>{GROK[name]})" if field else f"(?:{GROK[name]})"


def _iso(texts: Array) -> Array:
    """Times like `10/Oct/2000:13:55:36 -0700` in ISO 8601, other texts as they are."""
    if not pc.any(pc.match_substring_regex(texts, rf"^{GROK['HTTPDATE']}$")).as_py():
        return texts
    numbered = reduce(_numbered, enumerate(_MONTHS, 1), texts)
    return pc.replace_substring_regex(numbered, _HTTP_DATE, r"\3-\2-\1T\4\5:\6")


def _numbered(texts: Array, month: tuple[int, str]) -> Array:
    number, name = month
    return pc.replace_substring_regex(texts, rf"^(\d\d)/{name}/(\d{{4}}:)", rf"\1/{number:02}/\2")
