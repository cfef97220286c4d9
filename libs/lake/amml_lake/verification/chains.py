"""What manifests say, checked against each other; no file is looked at."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from amml_lake.data_set import DataSet
from amml_lake.errors import Broken
from amml_lake.layout import COMPACTION, RETENTION, manifest_path
from amml_lake.manifest import Manifest
from amml_lake.verification.findings import Finding

_KINDS = {COMPACTION: "compact", RETENTION: "delete"}


def read_chain(data_set: DataSet, chain: str) -> tuple[list[Manifest], list[Finding]]:
    """The manifests of a chain in order, and those that are none."""
    good: list[Manifest] = []
    bad: list[Finding] = []
    for number in data_set.numbers(chain):
        try:
            manifest = data_set.manifest(chain, number)
        except Broken as error:
            bad.append(Finding("broken", str(error)))
            continue
        strange = _misfiled(manifest, data_set.name, chain, number)
        if strange:
            bad.append(Finding("broken", f"{manifest_path(chain, number)}: {strange}"))
        else:
            good.append(manifest)
    return good, bad


def check_chain(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Whether each commit of a chain goes on where the one before ended, with all it took."""
    for before, after in pairwise(manifests):
        yield from _check_tiles(before, after)
        yield from _check_ledger(before, after)
    for manifest in manifests:
        yield from _check_rows(manifest)


def check_paths(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Whether each path is added once, and removed once at most, after it was added."""
    added = Counter(each.path for manifest in manifests for each in manifest.adds)
    removed = Counter(path for manifest in manifests for path in manifest.removes)
    for path, times in added.items():
        if times > 1:
            yield Finding("twice", f"{path}: {times} manifests add it")
    for path, times in removed.items():
        if times > 1:
            yield Finding("twice", f"{path}: {times} manifests take it away")
        if path not in added:
            yield Finding("unknown", f"{path}: is taken away, and no manifest adds it")


def check_exchanges(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Whether each compaction has put back as many rows as it took."""
    rows = {each.path: each.rows for manifest in manifests for each in manifest.adds}
    for manifest in manifests:
        taken = sum(rows.get(path, 0) for path in manifest.removes)
        if manifest.kind == "compact" and taken != manifest.rows:
            where = manifest_path(manifest.chain, manifest.number)
            yield Finding("rows", f"{where}: {taken} rows became {manifest.rows}")


def end_of(manifest: Manifest) -> int:
    """The number that the next commit of its chain has."""
    return manifest.range.end if manifest.range else manifest.number + 1


def _misfiled(manifest: Manifest, name: str, chain: str, number: int) -> str:
    found = (manifest.dataset, manifest.chain, manifest.number)
    if found != (name, chain, number):
        return "is the manifest of {}, {}, {}".format(*found)
    if manifest.kind != _KINDS.get(chain, "append"):
        return f"is of kind `{manifest.kind}`"
    if manifest.kind == "append" and manifest.range is None:
        return "has no range"
    if manifest.range and not manifest.number == manifest.range.start < manifest.range.end:
        return f"has the range [{manifest.range.start}, {manifest.range.end})"
    return ""


def _check_tiles(before: Manifest, after: Manifest) -> Iterator[Finding]:
    end, start = end_of(before), after.number
    what = "offsets" if after.range else "numbers"
    if start > end:
        yield Finding("gap", f"{after.chain}: {what} [{end}, {start}) in no commit")
    if start < end:
        yield Finding("overlap", f"{after.chain}: {what} [{start}, {end}) in two commits")


def _check_ledger(before: Manifest, after: Manifest) -> Iterator[Finding]:
    if not before.range or not after.range:
        return
    now: Mapping[str, int] = after.range.messages
    for writer, number in before.range.messages.items():
        place = f"{after.chain} at offset {after.number}: writer {writer}"
        if writer not in now:
            yield Finding("ledger", f"{place} is forgotten, after message {number}")
        elif now[writer] < number:
            yield Finding("ledger", f"{place} went back from {number} to {now[writer]}")


def _check_rows(manifest: Manifest) -> Iterator[Finding]:
    if manifest.range and manifest.range.rows != manifest.rows:
        where = manifest_path(manifest.chain, manifest.number)
        text = f"took {manifest.range.rows} rows, its files have {manifest.rows}"
        yield Finding("rows", f"{where}: {text}")
