"""All checks of a data set, and what they prove together."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from amml_lake.data_set import DataSet, Live, live
from amml_lake.manifest import DataFile, Kind, Manifest
from amml_lake.partitions import By, Partitions
from amml_lake.stores import Store, together
from amml_lake.verification.chains import check_chain, check_exchanges, check_paths, read_chain
from amml_lake.verification.contents import check_file
from amml_lake.verification.findings import Finding
from amml_lake.verification.places import (
    check_places,
    check_replaced,
    check_staging,
)
from amml_lake.walk import files_below

_PAUSE = 1.0


@dataclass(frozen=True)
class Proof:
    """What was looked at, and what is wrong with it.

    Parameters:
        commits, chains: how many of writers.
        offsets: how many the writers have taken; all of `[start, end)` of each chain.
        taken: the rows they were given there.
        deleted: those of them that retention has taken away.
        compactions: how often small files were put together.
        rows, files, bytes: what counts now.
        deep: whether every row was read.
        findings: what is wrong.
        waiting: what is no fault, and may have been left by a crash.
    """

    commits: int
    chains: int
    offsets: int
    taken: int
    deleted: int
    compactions: int
    rows: int
    files: int
    bytes: int
    deep: bool
    findings: tuple[Finding, ...]
    waiting: tuple[str, ...]


def verify(
    data_set: DataSet,
    deep: bool = False,
    looks: int = 3,
    wait: Callable[[], None] = lambda: time.sleep(_PAUSE),
) -> Proof:
    """Prove that each row that was taken is there once, or find what is wrong.

    A writer, a compaction or retention may be at work meanwhile: what a look finds is only said if
    all the next looks find it, too.

    Parameters:
        data_set: whose manifests and files are read; nothing is changed.
        deep: read all rows, not only the files' footers.
        looks, wait: how often, and what to do in between.
    Errors: Unsuitable, no such data set; Unavailable; Refused.
    """
    data_set.demand()
    proof = _look(data_set, deep)
    for _ in range(looks - 1):
        if not proof.findings:
            break
        wait()
        proof = _still(proof, _look(data_set, deep))
    return proof


def _still(before: Proof, now: Proof) -> Proof:
    """As it is now, with the findings of both."""
    found = set(before.findings)
    return replace(now, findings=tuple(each for each in now.findings if each in found))


def _look(data_set: DataSet, deep: bool) -> Proof:
    store = data_set.store
    findings: list[Finding] = []
    chains: dict[str, list[Manifest]] = {}
    for name in data_set.chains():
        chains[name], bad = read_chain(data_set, name)
        findings += [*bad, *check_chain(chains[name])]
    now = live([each for manifests in chains.values() for each in manifests])
    last = {name: manifests[-1] for name, manifests in chains.items() if manifests}
    found = files_below(store)
    left, waiting = check_staging(store, last)
    findings += [*check_paths(now.manifests), *check_exchanges(now.manifests)]
    findings += [*check_places(store, now, found), *check_replaced(store, now), *left]
    there = [each for each in now.files if each.path in found]
    findings += _contents(store, there, _of(now, "append"), deep)
    return _proof(now, deep, findings, waiting)


def _contents(
    store: Store, files: Sequence[DataFile], appends: Sequence[Manifest], deep: bool
) -> Iterator[Finding]:
    types = {column.name: column.type for each in appends for column in each.columns}
    partitions = Partitions(cast(By, appends[-1].by), appends[-1].tz) if deep and appends else None
    check = partial(check_file, store, types=types, partitions=partitions)
    for findings in together(store, check, files):
        yield from findings


def _of(now: Live, kind: Kind) -> list[Manifest]:
    return [each for each in now.manifests if each.kind == kind]


def _proof(now: Live, deep: bool, findings: Sequence[Finding], waiting: Sequence[str]) -> Proof:
    appends = _of(now, "append")
    ranges = [each.range for each in appends if each.range]
    rows = {each.path: each.rows for manifest in now.manifests for each in manifest.adds}
    taken = sum(each.rows for each in ranges)
    deleted = sum(rows.get(path, 0) for each in _of(now, "delete") for path in each.removes)
    lost = [Finding("rows", f"{taken} taken, {now.rows} there, {deleted} deleted")]
    return Proof(
        commits=len(appends),
        chains=len({each.chain for each in appends}),
        offsets=sum(each.end - each.start for each in ranges),
        taken=taken,
        deleted=deleted,
        compactions=len(_of(now, "compact")),
        rows=now.rows,
        files=len(now.files),
        bytes=sum(each.bytes for each in now.files),
        deep=deep,
        findings=(*findings, *(lost if taken != now.rows + deleted else ())),
        waiting=tuple(waiting),
    )
