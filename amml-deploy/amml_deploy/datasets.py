"""Data sets of the lake as the control API knows them, for commands."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from amml_deploy.control import Control, ControlError
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.output import cell, facts, table
from amml_lake.data_set import DataSet
from amml_lake.errors import LakeError, Unsuitable
from amml_lake.folders import as_time
from amml_lake.layout import check_name
from amml_lake.stores import Store
from amml_lake.synchroniser import Kept

Known: TypeAlias = dict[str, Any]
NEWEST = 10  # folders that are shown


class Shelf:
    """The documents of data sets, over the control API."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def dataset(self, name: str) -> Kept | None:
        """The document of a data set, and its revision."""
        found = self._control.find(f"/datasets/{name}")
        return None if found is None else (found["document"], found["revision"])

    def put_dataset(self, name: str, document: Known, revision: str | None) -> bool:
        """Keep a document in place of that revision; False: another has come first."""
        try:
            self._control.put(f"/datasets/{name}", {"document": document, "revision": revision})
        except ControlError as error:
            if error.status == 409:
                return False
            raise
        return True


@contextmanager
def plainly() -> Generator[None]:
    """What the lake says becomes a message and an exit code."""
    try:
        yield
    except Unsuitable as error:
        raise UserError(str(error)) from error
    except LakeError as error:
        raise AmmlError(str(error)) from error


def data_sets(lake: Store) -> Iterator[DataSet]:
    """All data sets of a lake, by name; other folders are left out."""
    for entry in lake.list(""):
        try:
            found = DataSet(lake, check_name(entry.name)) if entry.is_folder else None
        except Unsuitable:
            continue
        if found is not None and found.exists():
            yield found


HEADERS = ["NAME", "ROWS", "FILES", "BYTES", "FIRST", "LAST", "UPDATED"]


def row(known: Known) -> list[Any]:
    """A data set under HEADERS."""
    document = known["document"]
    totals = document["totals"]
    return [known["name"], *(totals[each] for each in _TOTALS), document["updated"]]


_TOTALS = ("rows", "files", "bytes", "first", "last")


def told(known: Known, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """One data set, as a person reads it."""
    document, about = known["document"], known["about"]
    totals = document["totals"]
    shown = {
        "name": known["name"],
        "about": about.get("text"),
        "lies at": f"{document['lake']}/{known['name']}",
        "rows": f"{totals['rows']:,} in {totals['files']:,} files of {totals['bytes']:,} bytes",
        "times": f"{cell(totals['first'])} to {cell(totals['last'])}",
        "folders": f"{len(document['folders']):,}, by={document['by']}, tz={document['tz']}",
        "updated": _age(document["updated"], now()),
    }
    parts = [facts(shown), _columns(known), _producers(document), _folders(document)]
    return "\n\n".join(each for each in parts if each)


def _columns(known: Known) -> str:
    units = known["about"].get("units", {})
    rows = [
        [each["name"], each["type"], units.get(each["name"]), _meta(each), _since(each)]
        for each in known["document"]["columns"]
    ]
    return table(["COLUMN", "TYPE", "UNIT", "METADATA", "SINCE"], rows) if rows else ""


def _meta(column: Known) -> str:
    return ", ".join(f"{key}={cell(value)}" for key, value in (column["meta"] or {}).items())


def _since(column: Known) -> str:
    return str(column["since"][0])


def _producers(document: Known) -> str:
    rows = [
        [
            f"{each.get('workflow')}.{each.get('step')}",
            each.get("run"),
            each["topic"],
            each["partition"],
            each["next"],
            each["rows"],
            each["committed"],
        ]
        for each in document["producers"].values()
    ]
    headers = ["WRITER", "RUN", "TOPIC", "PARTITION", "NEXT OFFSET", "ROWS", "LAST COMMIT"]
    return table(headers, rows) if rows else ""


def _folders(document: Known) -> str:
    """The newest folders; of the others, how many there are."""
    every = list(document["folders"].items())
    rows = [
        [name, files, count, size, as_time(first), as_time(last)]
        for name, (files, count, size, first, last) in every[-NEWEST:]
    ]
    if not rows:
        return ""
    drawn = table(["FOLDER", "FILES", "ROWS", "BYTES", "FIRST", "LAST"], rows)
    older = len(every) - len(rows)
    return f"{drawn}\nand {older:,} older ones" if older else drawn


def _age(updated: str | None, now: datetime) -> str:
    if updated is None:
        return "never"
    seconds = max(0, int((now - datetime.fromisoformat(updated)).total_seconds()))
    return f"{updated}, {_duration(seconds)} ago"


def _duration(seconds: int) -> str:
    """The greatest unit that fits.

    >>> _duration(59), _duration(7200)
    ('59 s', '2 h')
    """
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
