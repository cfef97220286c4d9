"""Plans and deletions, as a person reads them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from amml_deploy.output import table
from amml_deploy.retention.amounts import rule_text
from amml_deploy.retention.plan import Part, Piece, Plan
from amml_lake.folders import as_time

RULES = ["FOR", "RULE", "SINCE"]
_HEADERS = ["", "FROM", "TO", "ROWS", "BYTES", "BY"]


def rule_row(rule: Mapping[str, Any]) -> list[Any]:
    """A rule under RULES."""
    return [rule["thing"], rule_text(rule), rule["updated"]]


def told(plan: Plan, words: Sequence[str] = ()) -> str:
    """All that a plan says.

    Parameters:
        words: what `apply` has to be told beside the plan.
    """
    parts = [_part(each) for each in plan.parts]
    how = " ".join(["carry it out: amml retention apply", *words, "--plan", plan.id])
    return "\n\n".join([*parts, "nothing goes" if plan.empty else how])


def done(answer: Mapping[str, Any]) -> str:
    """What was deleted of one thing."""
    where = (
        f"{answer['files']:,} files"
        if "files" in answer
        else "; ".join(f"partition {p} begins at {o}" for p, o in answer["begins_at"].items())
    )
    rows, size = answer["rows"], answer["bytes"]
    return f"{answer['thing']}: deleted {rows:,} rows of {size:,} bytes, {where}"


def _part(part: Part) -> str:
    sums = part.summary()
    head = f"{part.thing}: {rule_text(part.rule)}"
    goes = f"goes: {sums['rows']:,} rows of {sums['bytes']:,} bytes"
    lines = [head, goes if part.going else "nothing goes"]
    if part.going:
        lines.append(table(_HEADERS, [_row(part, each) for each in part.going]))
    return "\n".join([*lines, *_kept(part)])


def _row(part: Part, piece: Piece) -> list[Any]:
    if part.thing.startswith("topic:"):
        return [f"partition {piece.name}", *_offsets(piece), piece.rows, piece.bytes, piece.by]
    name = f"{piece.name} (copy)" if piece.copy else piece.name
    times = as_time(piece.first), as_time(piece.last)
    return [name, *times, piece.rows, piece.bytes, piece.by]


def _offsets(piece: Piece) -> tuple[int, int]:
    return piece.first or 0, (piece.last or 0) - 1


def _kept(part: Part) -> list[str]:
    """What is kept back, by what keeps it."""
    pieces, rows = Counter[str](), Counter[str]()
    for each in part.staying:
        pieces[each.kept] += 1
        rows[each.kept] += each.rows
    what = "partitions" if part.thing.startswith("topic:") else "files"
    return [f"stays, {why}: {rows[why]:,} rows in {n:,} {what}" for why, n in pieces.items()]
