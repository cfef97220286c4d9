"""A data set of the lake as a source: `source id="lake:NAME"`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from amml_ingress._shared.lake_bounds import bound

LAKE = "lake:"
_REPLAYS = ".dlq.replay"


def lake_entry(dataset: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The entry that the catalogue would have, made of what is known of a data set.

    Parameters:
        dataset: its name.
        document: as the control API has it.
    """
    totals = document["totals"]
    topics = {each["topic"] for each in document["producers"].values()}
    topics = {each for each in topics if not each.endswith(_REPLAYS)}  # others' letters, too
    return {
        "name": f"{LAKE}{dataset}",
        "kind": "lake",
        "dataset": dataset,
        "lake": document["lake"],
        "tz": document["tz"],
        "columns": [
            {name: each[name] for name in ("name", "type", "meta")} for each in document["columns"]
        ],
        "topics": sorted(topics),
        "rows": totals["rows"],
        "first": totals["first"],
        "last": totals["last"],
    }


def within(entry: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the rows that `from` and `to` leave: their extent, but not their number.

    >>> entry = {"tz": "UTC", "rows": 9, "first": "2022-01-01T00:00:00+00:00", "last": None}
    >>> within(entry, {"from": "2022-02-01"})["first"]
    '2022-02-01T00:00:00+00:00'
    """
    first, last = entry["first"], entry["last"]
    begin, end = (_time(entry, arguments, name) for name in ("from", "to"))
    if begin is not None or end is not None:
        first = max(filter(None, (first, begin)), default=None)
        last = min(filter(None, (last, end)), default=None)
        return {**entry, "rows": None, "first": first, "last": last}
    return dict(entry)


def _time(entry: Mapping[str, Any], arguments: Mapping[str, Any], name: str) -> str | None:
    """An argument as the document has times; what is none is told with its caret later."""
    try:
        found = bound(name, str(arguments.get(name, "")), entry["tz"] or "UTC")
        return None if found is None else datetime.fromtimestamp(found / 1e6, UTC).isoformat()
    except (ValueError, OverflowError):
        return None
