"""What is worth knowing of a data set, in one small document that is folded from its manifests.

Nothing comes from a clock or from anywhere else, and the order in which chains are read does not
matter: so a document that grew commit by commit is, byte for byte, the one made anew. Plain JSON:

    name, lake, by, tz, created, updated
    totals     rows, bytes, files, and the `first` and `last` time of all rows
    folders    for each: files, rows, bytes, first, last (microseconds since 1970, UTC)
    columns    name, type, meta, since when; and in `history` how each looked at first and later
    producers  for each chain: who writes, from which offsets, and the `next` one; how many rows
    cursor     for each chain: the last manifest that is in here
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from amml_lake.folders import Folders, totals, without
from amml_lake.layout import Chain
from amml_lake.manifest import Column, Manifest
from amml_lake.plain import plain

Document: TypeAlias = dict[str, Any]
HISTORY = 100  # looks of columns that are kept, the oldest of them


def blank(name: str, lake: str) -> Document:
    """The document of a data set of which nothing is known yet."""
    return {
        "name": name,
        "lake": lake,
        "by": "",
        "tz": "",
        "created": None,
        "updated": None,
        "totals": totals({}),
        "folders": {},
        "columns": [],
        "history": [],
        "producers": {},
        "cursor": {},
    }


def folded(document: Document, manifests: Iterable[Manifest]) -> Document:
    """The document with further manifests, each chain's in order; those it has are left out.

    What takes files away needs all manifests at once, with a blank document: a sum of files does
    not tell what is left when some of them go.

    Errors: ValueError, something is taken away from a document that has more already.

    >>> from amml_lake.manifest import DataFile
    >>> file = DataFile("year=2022/a.parquet", 2, 300, 0, 1_000_000)
    >>> one = Manifest("append", "co2", "t+0+ab", 0, "u", "2026-01-01T00:00:00.000+00:00", (file,))
    >>> folded(blank("co2", "file:///lake"), [one])["totals"]
    {'files': 1, 'rows': 2, 'bytes': 300, 'first': '1970-01-01T00:00:00+00:00',
     'last': '1970-01-01T00:00:01+00:00'}
    """
    known: Mapping[str, int] = document["cursor"]
    new = [each for each in manifests if each.number > known.get(each.chain, -1)]
    gone = {path for each in new for path in each.removes}
    if gone and known:
        raise ValueError(f"{document['name']}: files were taken away, so all has to be folded anew")
    columns = _Columns(document)
    folders = Folders(document["folders"])
    producers = dict(document["producers"])
    for each in new:
        folders.add(without(gone, each.adds))
        if each.kind == "append":
            columns.add(each)
            producers[each.chain] = _producer(producers.get(each.chain), each)
    kept = folders.kept()
    return {
        "name": document["name"],
        "lake": document["lake"],
        **_layout(document, new),
        "created": _created(document, new),
        "updated": max([document["updated"] or "", *(each.written for each in new)]) or None,
        "totals": totals(kept),
        "folders": kept,
        "columns": columns.now(),
        "history": columns.history(),
        "producers": dict(sorted(producers.items())),
        "cursor": _cursor(known, new),
    }


def canonical(document: Mapping[str, Any]) -> str:
    """The one spelling of a document: keys sorted, no blanks."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class _Columns:
    """Every look of every column, with the place of the first and the newest manifest that has it.

    A place is when, in which chain, under which number and as the how-manieth: so of two that were
    written at the same moment, it is always the same one that came first.
    """

    def __init__(self, document: Document) -> None:
        self._first = {_look(each): each for each in document["history"]}
        self._newest: dict[str, Document] = {each["name"]: each for each in document["columns"]}

    def add(self, manifest: Manifest) -> None:
        for position, column in enumerate(manifest.columns):
            place = [manifest.written, manifest.chain, manifest.number, position]
            self._seen(column, place, manifest)

    def _seen(self, column: Column, place: list[Any], manifest: Manifest) -> None:
        seen = {"name": column.name, "type": column.type, "meta": plain(column.meta)}
        before = self._newest.get(column.name, {"since": place, "at": place})
        since = min(before["since"], place)
        self._newest[column.name] = {
            **(seen if before["at"] <= place else before),
            "since": since,
            "at": max(before["at"], place),
        }
        look = _look(seen)
        if look not in self._first or place < self._first[look]["at"]:
            self._first[look] = {**seen, "at": place, "by": _who(manifest)}

    def now(self) -> list[Document]:
        return sorted(self._newest.values(), key=lambda each: each["since"])

    def history(self) -> list[Document]:
        return sorted(self._first.values(), key=lambda each: each["at"])[:HISTORY]


def _look(column: Mapping[str, Any]) -> str:
    return canonical({name: column[name] for name in ("name", "type", "meta")})


def _producer(before: Mapping[str, Any] | None, manifest: Manifest) -> Document:
    """Who writes a chain, and how far it has come."""
    chain, range_ = Chain.of(manifest.chain), manifest.range
    start, end = (range_.start, range_.end) if range_ else (manifest.number, manifest.number)
    return {
        **_who(manifest),
        "topic": chain.topic,
        "partition": chain.partition,
        "start": before["start"] if before else start,
        "next": end,
        "commits": (before["commits"] if before else 0) + 1,
        "rows": (before["rows"] if before else 0) + manifest.rows,
        "committed": manifest.written,
    }


def _who(manifest: Manifest) -> Document:
    who = manifest.producer
    return {"workflow": who.workflow, "run": who.run, "step": who.step} if who else {}


def _layout(document: Document, new: Iterable[Manifest]) -> dict[str, str]:
    """How rows are put into folders: all who write do it alike."""
    every = [(each.by, each.tz) for each in new if each.kind == "append"]
    by, tz = max([(document["by"], document["tz"]), *every])
    return {"by": by, "tz": tz}


def _created(document: Document, new: Iterable[Manifest]) -> str | None:
    times = [each.written for each in new if each.kind == "append"]
    return min([*times, *([document["created"]] if document["created"] else [])], default=None)


def _cursor(known: Mapping[str, int], new: Iterable[Manifest]) -> dict[str, int]:
    found = dict(known)
    for each in new:
        found[each.chain] = max(found.get(each.chain, -1), each.number)
    return dict(sorted(found.items()))
