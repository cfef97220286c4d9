"""What lies in the folders of a data set, checked against what its manifests say."""

from collections.abc import Iterator, Mapping

from amml_lake.data_set import Live
from amml_lake.layout import REPLACED, STAGING, replaced, staged, staging_path
from amml_lake.manifest import DataFile, Manifest
from amml_lake.stores import Store
from amml_lake.verification.chains import end_of
from amml_lake.verification.findings import Finding
from amml_lake.walk import files_below


def check_places(store: Store, live: Live, found: Mapping[str, int]) -> Iterator[Finding]:
    """Whether every file that counts is there, with all its bytes, and nothing else is."""
    adders = {each.path: manifest for manifest in live.manifests for each in manifest.adds}
    for file in live.files:
        if file.path not in found:
            yield _absent(store, file, adders[file.path])
        elif found[file.path] != file.bytes:
            text = f"has {found[file.path]} bytes, its manifest says {file.bytes}"
            yield Finding("size", f"{file.path}: {text}")
    counting = {each.path for each in live.files}
    for path in found.keys() - counting:
        if path in adders:
            yield Finding("unfinished", f"{path}: was taken away, and is still there")
        else:
            yield Finding("orphan", f"{path}: no manifest names it")


def check_replaced(store: Store, live: Live) -> Iterator[Finding]:
    """Whether only what a compaction has replaced is kept aside."""
    compactions = (each for each in live.manifests if each.kind == "compact")
    known = {replaced(path) for each in compactions for path in each.removes}
    for path in files_below(store, REPLACED).keys() - known:
        yield Finding("orphan", f"{path}: no compaction names it")


def check_staging(store: Store, last: Mapping[str, Manifest]) -> tuple[list[Finding], list[str]]:
    """What commits that are over have left, and the tries that may still become one.

    `last` is the newest manifest of each chain.
    """
    over: list[Finding] = []
    waiting: list[str] = []
    for chain in store.list(STAGING):
        below = end_of(last[chain.name]) if chain.name in last else 0
        for each in store.list(f"{STAGING}/{chain.name}"):
            number = each.name.partition("-")[0]
            path = f"{STAGING}/{chain.name}/{each.name}"
            if number.isdecimal() and int(number) >= below:
                waiting.append(f"{path}: a try for the next commit, under way or given up")
            else:
                over.append(Finding("leftover", f"{path}: the commit is over"))
    return over, waiting


def _absent(store: Store, file: DataFile, manifest: Manifest) -> Finding:
    folder = staging_path(manifest.chain, manifest.number, manifest.uuid)
    if store.size(f"{folder}/{staged(file.path)}") is not None:
        return Finding("unfinished", f"{file.path}: is still in {folder}")
    return Finding("missing", f"{file.path}: {file.rows} rows")
