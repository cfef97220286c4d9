"""Finds what a crash can leave: files without a row, and (never, if all is well) the reverse."""

import time
from collections.abc import Callable, Generator, Iterable
from typing import Any
from uuid import uuid4

from amml_model_manager.database import Database, Row
from amml_model_manager.errors import Unavailable
from amml_model_manager.hdfs import FileStore
from amml_model_manager.migrations import migrations
from amml_model_manager.paths import RunKey

LEFT_AFTER_MS = 3_600_000


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
    if problems["database"] is None:
        report["database"] |= _database(database)
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


def clean(database: Database, files: FileStore, wanted: Iterable[str]) -> list[str]:
    """Remove those of the wanted files that a crash left over an hour ago; which they were.

    Nothing that anybody may still want goes: whoever is about to name a file in a row touches it
    first (`FileStore.touch`), which fails once it is moved aside here, and shows if it came before.
    """
    asked = set(wanted)
    oldest = int(time.time() * 1000) - LEFT_AFTER_MS
    staged = [path for path, entry in _walk(files, files.paths.staging()) if _is_old(entry, oldest)]
    removed = [path for path in staged if path in asked and not files.is_under_way(path)]
    for path in removed:
        files.delete(path)
    found = examine(database, files)["orphans"]
    orphans = [entry["path"] for entry in found if entry["modified_ms"] < oldest]
    return removed + [
        path for path in orphans if path in asked and remove_if_old(files, path, oldest)
    ]


def remove_if_old(files: FileStore, path: str, oldest: int) -> bool:
    """Move a file aside, look at it once more, and remove it or put it back; whether it is gone."""
    aside = files.paths.staged(uuid4())
    files.move(path, aside)
    if files.modified_ms(aside) >= oldest:  # touched since it was looked at
        files.move(aside, path)
        return False
    files.delete(aside)
    return True


def _is_old(entry: Row, oldest: int) -> bool:
    return entry["modificationTime"] < oldest


def _database(database: Database) -> dict[str, Any]:
    """What PostgreSQL says of itself: its time, its connections, and which tables it has."""
    with database.transaction() as transaction:
        rows = transaction.rows(
            """SELECT clock_timestamp() AS time,
                      (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
                          AS connections,
                      current_setting('max_connections')::int AS max_connections"""
        )
        applied = {row["name"] for row in transaction.rows("SELECT name FROM migration")}
    names = [name for _, name, _ in migrations()]
    pending = [name for name in names if name not in applied]
    return rows[0] | {"migration": max(applied, default=None), "pending": pending}


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
