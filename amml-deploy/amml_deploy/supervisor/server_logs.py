"""Keeps the servers' logs from filling the disk while they run; a start rotates them too.

A server holds its log open for appending, so the log is copied to `<log>.1` and emptied, not
renamed. What is written in the moment between is lost: these are logs for people. Those of steps
are left alone, as they hold what `print` prints.
"""

import shutil
import threading
from collections.abc import Iterable
from pathlib import Path

LIMIT = 10 << 20
_EVERY = 60.0


def watch(folder: Path, limit: int = LIMIT, every: float = _EVERY) -> None:
    """Bound the logs in a folder from now on, in a thread that ends with the process."""
    threading.Thread(target=_watch, args=(folder, limit, every), daemon=True).start()


def bound(logs: Iterable[Path], limit: int = LIMIT) -> list[Path]:
    """Move what logs past the limit hold to `<log>.1`; which they were."""
    large = [log for log in logs if log.stat().st_size > limit]
    for log in large:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as file:
            file.truncate()
    return large


def _watch(folder: Path, limit: int, every: float) -> None:
    pause = threading.Event()
    while not pause.wait(every):
        try:
            bound(folder.glob("*.log"), limit)
        except OSError as error:  # a full disk, or a log that was removed: try again later
            print(f"logs in {folder} are not bounded: {error}", flush=True)
