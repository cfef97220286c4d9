"""What a rule chooses of a data set."""

from collections.abc import Sequence
from datetime import datetime

from amml_deploy.retention.amounts import age_text, size_text
from amml_deploy.retention.plan import Part, Piece, Rule
from amml_lake.data_set import DataSet
from amml_lake.manifest import DataFile
from amml_lake.protection import Claim, protected, snapshots
from amml_lake.retention import Limits, chosen, copies, stale


def part_of(
    data_set: DataSet, rule: Rule, at: datetime, claims: Sequence[Claim], forced: bool
) -> Part:
    """Whole files by their greatest time, and copies that are as old.

    Errors: Unsuitable, there is no such data set; Broken, nobody knows what a snapshot names.
    """
    data_set.demand()
    live = data_set.live()
    aside = copies(data_set, live)
    kept: dict[str, str] = {}
    if not forced:
        kept = protected(live, snapshots(data_set), claims)
        if hold := rule["hold"]:
            kept |= dict.fromkeys((e.path for e in [*live.files, *aside]), f"hold: {hold}")
    limits, now = limits_of(rule), round(at.timestamp() * 1_000_000)
    found = chosen(live.files, limits, now, kept)
    going = [each.file for each in found if not each.kept]
    by = {
        "age": f"max-age {age_text(rule['max_age_ms'] or 0)}",
        "size": f"max-size {size_text(rule['max_bytes'] or 0)}",
    }
    return Part(
        data_set.name,
        rule,
        (
            *(_piece(each.file, by[each.by], each.kept) for each in found),
            *(_copy(each, kept) for each in stale(aside, going, limits, now)),
        ),
    )


def limits_of(rule: Rule) -> Limits:
    """A rule's numbers, the age in microseconds."""
    age = rule["max_age_ms"]
    return Limits(None if age is None else age * 1000, rule["max_bytes"])


def _piece(file: DataFile, by: str, kept: str) -> Piece:
    return Piece(file.path, file.first, file.last, file.rows, file.bytes, by, kept)


def _copy(file: DataFile, kept: dict[str, str]) -> Piece:
    why = kept.get(file.path, "")
    return Piece(file.path, file.first, file.last, 0, file.bytes, "as old as what goes", why, True)
