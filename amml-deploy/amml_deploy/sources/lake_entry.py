"""A data set of the lake as a source: `source id="lake:NAME"`."""

from collections.abc import Mapping
from typing import Any

LAKE = "lake:"


def lake_entry(dataset: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The entry that the catalogue would have, made of what is known of a data set.

    Parameters:
        dataset: its name.
        document: as the control API has it.
    """
    totals = document["totals"]
    producers = sorted(document["producers"].values(), key=lambda each: each["committed"])
    return {
        "name": f"{LAKE}{dataset}",
        "kind": "lake",
        "dataset": dataset,
        "lake": document["lake"],
        "tz": document["tz"],
        "columns": [
            {name: each[name] for name in ("name", "type", "meta")} for each in document["columns"]
        ],
        "topics": sorted({each["topic"] for each in producers}),
        "rows": totals["rows"],
        "first": totals["first"],
        "last": totals["last"],
    }
