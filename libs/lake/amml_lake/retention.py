"""What of a data set is kept no longer, and taking it away.

Whole files go, never a part of one: a file in which one row is young enough stays. Pure, but for
`copies`, `take_away` and `finish`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from amml_lake.commit import Commit, clean, finish_all, roll_forward
from amml_lake.data_set import DataSet, Live
from amml_lake.errors import LakeError, Unavailable
from amml_lake.layout import COMPACTION, RETENTION, STAGING, folder_of, replaced
from amml_lake.manifest import DataFile, Manifest
from amml_lake.protection import snapshots
from amml_lake.stores import together
from amml_lake.turns import give_way


class Limits(NamedTuple):
    """What may be kept: rows not older than an age in microseconds, and bytes in all."""

    age: int | None = None
    bytes: int | None = None


class Chosen(NamedTuple):
    """A file that a limit chose, and what keeps it back nonetheless, if anything does."""

    file: DataFile
    by: str  # `age` or `size`
    kept: str = ""


def chosen(
    files: Iterable[DataFile], limits: Limits, now: int, protected: Mapping[str, str]
) -> list[Chosen]:
    """What the limits choose, the oldest first; for the size, what is kept back counts on.

    Parameters:
        now: in microseconds since 1970 UTC.
        protected: paths that stay, and why.

    >>> files = [DataFile(str(n), 1, 100, n * 1000, n * 1000 + 999) for n in range(4)]
    >>> [each.file.path for each in chosen(files, Limits(age=2000), 4000, {})]
    ['0', '1']
    >>> found = chosen(files, Limits(bytes=200), 4000, {"0": "snapshot `a`"})
    >>> [(each.file.path, each.kept) for each in found]
    [('0', 'snapshot `a`'), ('1', ''), ('2', '')]
    """
    found: list[Chosen] = []
    over = sum(each.bytes for each in files) - limits.bytes if limits.bytes is not None else 0
    for each in sorted(files, key=_age):
        old = limits.age is not None and each.last is not None and each.last < now - limits.age
        if not old and over <= 0:
            continue
        kept = protected.get(each.path, "")
        found.append(Chosen(each, "age" if old else "size", kept))
        over -= 0 if kept else each.bytes
    return found


def _age(file: DataFile) -> tuple[bool, int, str]:
    """The oldest first; what has no time, last."""
    return file.last is None, file.last or 0, file.path


def copies(data_set: DataSet, live: Live) -> list[DataFile]:
    """The files that a compaction has put together, and that still lie aside."""
    taken = {p for each in live.manifests if each.kind == "compact" for p in each.removes}
    folders = sorted({folder_of(replaced(path)) for path in taken})
    there = {
        f"{folder}/{entry.name}"
        for folder, entries in zip(
            folders, together(data_set.store, data_set.store.list, folders), strict=True
        )
        for entry in entries
    }
    every = (each for manifest in live.manifests for each in manifest.adds)
    return [each for each in every if each.path in taken and replaced(each.path) in there]


def stale(
    aside: Iterable[DataFile], going: Sequence[DataFile], limits: Limits, now: int
) -> list[DataFile]:
    """Which of the copies hold no row that is younger than all that goes."""
    lines = [each.last for each in going if each.last is not None]
    if limits.age is not None:
        lines.append(now - limits.age - 1)
    return [each for each in aside if each.last is not None and each.last <= max(lines, default=-1)]


def take_away(
    data_set: DataSet,
    paths: Sequence[str],
    aside: Sequence[str],
    reason: str,
    forced: bool = False,
    reached: Callable[[str], None] = lambda _: None,
) -> Manifest | None:
    """Delete files in one commit, and then copies of files that did not count any more.

    Parameters:
        aside: paths of files whose copies lie aside.
        reason: the rule, for the manifest.
        forced: also what readers of history have begun to read meanwhile.
        reached: told of the places of the commit, for tests that die there.
    Errors: Unavailable, a compaction is at work, or a reader has begun; Overtaken, another
        deletion is at work.
    """
    finish_all(data_set)
    finish(data_set)

    def staged(place: str) -> None:
        if place == "lake_staged":
            give_way(data_set, COMPACTION, paths)
            if not forced:
                _refuse_named(data_set, {*paths, *aside})
        reached(place)

    made = _committed(data_set, paths, reason, staged) if paths else None
    if not paths and not forced:
        _refuse_named(data_set, set(aside))
    for path in aside:
        data_set.store.delete(replaced(path))
    return made


def _refuse_named(data_set: DataSet, paths: set[str]) -> None:
    for name, named in snapshots(data_set).items():
        if paths & named:
            raise Unavailable(
                f"`{data_set.name}`: snapshot `{name}` has come to name what was to be deleted; "
                "nothing was. Plan it again"
            )


def finish(data_set: DataSet) -> None:
    """Finish the deletions that were committed and broke off, and forget those that were not.

    A manifest that is not committed yet goes first: then it cannot be any more, whatever becomes of
    a rename that is under way, and what was committed is known.
    """
    store, folder = data_set.store, f"{STAGING}/{RETENTION}"
    tries = data_set.tries(RETENTION)
    for name in tries:
        store.delete(f"{folder}/{name}/manifest.json")
    numbers = set(data_set.numbers(RETENTION)) if tries else set[int]()
    for name, number in tries.items():
        if number in numbers:
            roll_forward(data_set, data_set.manifest(RETENTION, number))
        store.delete(f"{folder}/{name}")


def deletions(data_set: DataSet) -> Iterator[Manifest]:
    """Every deletion there has been, in order."""
    return data_set.manifests([RETENTION])


def _committed(
    data_set: DataSet, paths: Sequence[str], reason: str, reached: Callable[[str], None]
) -> Manifest:
    last = data_set.last(RETENTION)
    manifest = Manifest(
        kind="delete",
        dataset=data_set.name,
        chain=RETENTION,
        number=last.number + 1 if last else 0,
        uuid=uuid4().hex,
        written=datetime.now(UTC).isoformat(timespec="milliseconds"),
        removes=tuple(paths),
        reason=reason,
    )
    try:
        Commit(data_set, manifest, {}, reached).carry_out()
    except LakeError:
        finish(data_set)  # a try of ours must not keep compactions away
        raise
    clean(data_set, RETENTION, manifest.number + 1)
    return manifest
