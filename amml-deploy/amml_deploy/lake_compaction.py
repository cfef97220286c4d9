"""What `amml lake compact` is asked for, does and tells."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from amml_deploy.control import from_environment
from amml_deploy.datasets import Shelf
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.output import say, table
from amml_deploy.planner.settings import milliseconds
from amml_deploy.retention.amounts import size
from amml_lake.compaction import Wish, Work, compact
from amml_lake.data_set import DataSet
from amml_lake.errors import LakeError
from amml_lake.synchroniser import synchronise

_LEAST = 1_000_000  # smaller files than that are what a compaction is against
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wished(tz: str, before: str | None, grace: str, target_size: str, keep: str) -> Wish:
    """What the options say.

    Errors: UserError.
    """
    target = size(target_size)
    if target < _LEAST:
        raise UserError(f"--target-size {target_size}: at least 1MB")
    return Wish(
        now=time.time_ns() // 1000,
        grace=milliseconds(grace) * 1000,
        before=None if before is None else moment(before, tz),
        target=target,
        keep=milliseconds(keep) * 1000,
    )


def moment(text: str, tz: str) -> int:
    """A date, or a date and time, of a zone: in microseconds since 1970.

    >>> moment("2022-04-15", "Asia/Seoul") == moment("2022-04-14T15:00Z", "Asia/Seoul")
    True
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"expected a date such as 2022-05-01, found {text[:80]!r}") from error
    zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(tz))
    return (zoned - _EPOCH) // timedelta(microseconds=1)


def planned(work: Work) -> dict[str, Any]:
    """A folder that waits for its compaction."""
    files = len(work.files)
    return {"folder": work.folder, "files": files, "rows": work.rows, "bytes": work.bytes}


def carried_out(data_set: DataSet, wish: Wish) -> Iterator[dict[str, Any]]:
    """Each folder when it is done; in the end the data set's document tells it, too."""
    changed = False
    for done in compact(data_set, wish):
        changed = True
        say(f"{done.folder}: {len(done.before)} files are {len(done.after)}")
        yield planned(Work(done.folder, done.before)) | {
            "new_files": len(done.after),
            "new_bytes": sum(each.bytes for each in done.after),
        }
    if changed:
        _tell(data_set)


def compacted_text(name: str, rows: Sequence[Mapping[str, Any]], dry_run: bool) -> str:
    """What was done, or would be."""
    if not rows:
        return f"{name}: there is nothing to put together"
    headers = ["FOLDER", "FILES", "ROWS", "BYTES", *([] if dry_run else ["NEW FILES", "NEW BYTES"])]
    return table(headers, [list(each.values()) for each in rows])


def _tell(data_set: DataSet) -> None:
    try:
        with from_environment() as control:
            synchronise(data_set, Shelf(control))
    except (AmmlError, LakeError) as error:
        say(f"`amml datasets` does not know of it yet, until `amml datasets sync`: {error}")
