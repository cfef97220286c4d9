"""Finds what a crash can leave: files without a row, and (never, if all is well) the reverse."""

from collections.abc import Callable, Generator
from typing import Any

from amml_model_manager.database import Database, Row
from amml_model_manager.errors import Unavailable
from amml_model_manager.hdfs import FileStore
from amml_model_manager.paths import RunKey


def probe(check: Callable[[], None]) -> str | None:
    """What is wrong with a server, or None."""
    try:
        check()
    except Unavailable as error:
        return error.message
    return None


def examine(database: Database, files: FileStore) -> dict[str, Any]:
    """Look at both servers and compare them.

    `staged` are half-written files, `orphans` complete ones that no row names (an upload still
    under way is in one of them for a moment), `missing` rows whose file is gone.
    """
    problems = {"database": probe(database.check), "hdfs": probe(files.check)}
    report: dict[str, Any] = {
        name: {"reachable": problem is None, "problem": problem}
        for name, problem in problems.items()
    }
    if any(problems.values()):
        return report
    # Files first: a row written in between has its file, but is then no orphan either way.
    present = dict(_walk(files, files.paths.files())) | dict(_walk(files, files.paths.models()))
    named = set(_named(database, files))
    return report | {
        "staged": [_shown(path, entry) for path, entry in _walk(files, files.paths.staging())],
        "orphans": [_shown(path, entry) for path, entry in present.items() if path not in named],
        "missing": sorted(p for p in named - present.keys() if files.size(p) is None),
    }


def _walk(files: FileStore, path: str) -> Generator[tuple[str, Row]]:
    for entry in files.list(path):
        child = f"{path}/{entry['pathSuffix']}"
        if entry["type"] == "DIRECTORY":
            yield from _walk(files, child)
        else:
            yield child, entry


def _named(database: Database, files: FileStore) -> Generator[str]:
    """The path of every file that a row names."""
    paths = files.paths
    with database.transaction() as transaction:
        sources = transaction.rows("SELECT body FROM source")
        artefacts = transaction.rows("SELECT * FROM artefact")
        checkpoints = transaction.rows("SELECT * FROM checkpoint")
    for row in sources:
        if row["body"]["kind"] == "file":
            yield paths.file(row["body"]["sha256"])
    for row in artefacts:
        yield paths.artefact(_key(row), row["file"], row["sha256"])
    for row in checkpoints:
        yield paths.checkpoint(_key(row), row["epoch"], row["sha256"])


def _key(row: Row) -> RunKey:
    return RunKey(row["model"], row["version"], row["run"])


def _shown(path: str, entry: Row) -> dict[str, Any]:
    return {"path": path, "bytes": entry["length"], "modified_ms": entry["modificationTime"]}
