"""A plan of deletions: plain data, whose id says when it holds and what exactly goes."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from amml_deploy.errors import UserError

Rule: TypeAlias = Mapping[str, Any]
_AT = "%Y%m%dT%H%M%SZ"
_ID = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{12}")


@dataclass(frozen=True)
class Piece:
    """Some rows that a rule chose: of a data set a file, of a topic a stretch of a partition.

    Parameters:
        name: the file's path, or the partition's number.
        first, last: its least and greatest time, in microseconds; or its first offset and the one
            after its last.
        rows: how many; a copy has none of its own.
        bytes: how many; of a topic, by the mean of a sample.
        by: the part of the rule that chose it.
        kept: what keeps it back nonetheless; empty: it goes.
        copy: it is kept aside since a compaction put its rows into another file.
    """

    name: str
    first: int | None
    last: int | None
    rows: int
    bytes: int
    by: str
    kept: str = ""
    copy: bool = False


@dataclass(frozen=True)
class Part:
    """What a plan has for one thing: a data set, or `topic:NAME`."""

    thing: str
    rule: Rule
    pieces: tuple[Piece, ...]

    @property
    def going(self) -> tuple[Piece, ...]:
        """What will be deleted."""
        return tuple(each for each in self.pieces if not each.kept)

    @property
    def staying(self) -> tuple[Piece, ...]:
        """What the rule chose and something keeps back."""
        return tuple(each for each in self.pieces if each.kept)

    def summary(self) -> dict[str, Any]:
        """Sums of what goes, as the audit has them."""
        going = self.going
        return {
            "rule": dict(self.rule),
            "rows": sum(each.rows for each in going),
            "bytes": sum(each.bytes for each in going),
            "pieces": len(going),
        }


@dataclass(frozen=True)
class Plan:
    """What goes, by the rules as they were at one moment.

    Parameters:
        at: the moment that ages are counted from, in whole seconds.
        forced: nothing is kept back.
        problems: why some things could not be looked at; nothing of them goes.
    """

    at: datetime
    parts: tuple[Part, ...]
    forced: bool = False
    problems: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The moment, and a hash of what goes by which rules.

        >>> Plan(datetime(2026, 11, 22, 2, 50, tzinfo=UTC), ()).id
        '20261122T025000Z-fe4c07f571f9'
        """
        goes = [
            [each.thing, dict(each.rule), [_what(p) for p in each.going]] for each in self.parts
        ]
        text = json.dumps([self.forced, goes], sort_keys=True, separators=(",", ":"))
        return f"{self.at:{_AT}}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def empty(self) -> bool:
        """Whether nothing goes."""
        return not any(each.going for each in self.parts)

    def to_json(self) -> dict[str, Any]:
        """As plain data; `plan` is its id."""
        parts = [
            {"thing": each.thing, **each.summary(), "going": _listed(each.going),
             "staying": _listed(each.staying)}
            for each in self.parts
        ]  # fmt: skip
        head = {"plan": self.id, "at": self.at.isoformat(), "forced": self.forced}
        return {**head, "parts": parts, "problems": list(self.problems)}


def time_of(plan: str) -> datetime:
    """The moment that a plan's id names.

    Errors: UserError, it is no id, or names a time to come.
    """
    match = _ID.fullmatch(plan)
    try:
        at = datetime.strptime(match[1] if match else "", _AT).replace(tzinfo=UTC)
    except ValueError:
        raise UserError(
            f"{plan[:80]!r} is no plan: its id or its file is printed by `plan`"
        ) from None
    if at > datetime.now(UTC):
        raise UserError(f"the plan {plan} is of a time to come")
    return at


def now() -> datetime:
    """This moment, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _what(piece: Piece) -> list[Any]:
    """What tells a piece from others; its bytes may be a guess."""
    return [piece.name, piece.first, piece.last, piece.rows, piece.by, piece.copy]


def _listed(pieces: tuple[Piece, ...]) -> list[dict[str, Any]]:
    return [asdict(each) for each in pieces]
