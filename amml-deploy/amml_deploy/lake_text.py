"""What `amml lake ls` shows: documents of data sets and their folders, and their text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from amml_deploy.output import say, table
from amml_lake.data_set import Live
from amml_lake.listing import Sum, below, by_folder, calendar, total
from amml_lake.manifest import DataFile

_FIGURES = ("files", "rows", "bytes", "first", "last")


def set_row(name: str, live: Live) -> dict[str, Any]:
    """One data set among others."""
    by, tz = calendar(live)
    changed = max((each.written for each in live.manifests), default=None)
    return {"name": name, "by": by, "tz": tz, **_figures(total(live.files), tz), "changed": changed}


def sets_text(sets: Sequence[Mapping[str, Any]]) -> str:
    """A table of data sets."""
    if not sets:
        say("no data sets yet: a workflow that ends in `to_lake name=...` makes one")
    headers = ["NAME", "BY", "ZONE", *map(str.upper, _FIGURES), "CHANGED"]
    return table(headers, [list(each.values()) for each in sets])


def contents(name: str, live: Live, folder: str, files: bool) -> dict[str, Any]:
    """A data set with its folders, or those below one of them, and with their files if wanted."""
    by, tz = calendar(live)
    found = below(live.files, folder)
    document = {"name": name, "by": by, "tz": tz, **_figures(total(found), tz)}
    folders = [{"folder": at, **_figures(each, tz)} for at, each in by_folder(found).items()]
    return document | {"folders": folders} | ({"paths": _paths(found, tz)} if files else {})


def contents_text(document: Mapping[str, Any]) -> str:
    """A table of folders or files, the total below."""
    files: Sequence[Mapping[str, Any]] | None = document.get("paths")
    rows = files if files is not None else document["folders"]
    figures = [name for name in _FIGURES if files is None or name != "files"]
    headers = ["FOLDER" if files is None else "FILE", *map(str.upper, figures)]
    lines = [list(each.values()) for each in rows]
    count = f"{document['files']} files" if files is not None else "total"
    return table(headers, [*lines, [count, *(document[name] for name in figures)]])


def at(time: int | None, tz: str) -> str | None:
    """A time of the lake as a clock of the zone shows it.

    >>> at(1_650_000_000_000_000, "Asia/Seoul")
    '2022-04-15T14:20:00+09:00'
    """
    if time is None:
        return None
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
        return moment.astimezone(ZoneInfo(tz)).isoformat()
    except OverflowError:  # Python's calendar ends with the year 9999, Arrow's does not
        return f"{time} us"


def _figures(found: Sum, tz: str) -> dict[str, Any]:
    return found._asdict() | {"first": at(found.first, tz), "last": at(found.last, tz)}


def _paths(files: Sequence[DataFile], tz: str) -> list[dict[str, Any]]:
    return [
        each._asdict() | {"first": at(each.first, tz), "last": at(each.last, tz)} for each in files
    ]
