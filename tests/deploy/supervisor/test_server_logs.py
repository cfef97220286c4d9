"""Logs of servers that run for months."""

import time
from pathlib import Path

from amml_deploy.platform import processes
from amml_deploy.supervisor.server_logs import bound, watch

SAYS_MUCH = "while :; do echo 0123456789012345678901234567890123456789; done"


def test_a_log_past_the_limit_is_kept_once_and_begins_anew(tmp_path: Path) -> None:
    long, short = tmp_path / "kafka.log", tmp_path / "namenode.log"
    long.write_text("old\n" * 1000, encoding="utf-8")
    short.write_text("fine\n", encoding="utf-8")
    assert bound([long, short], limit=1000) == [long]
    assert (tmp_path / "kafka.log.1").read_text(encoding="utf-8") == "old\n" * 1000
    assert (long.stat().st_size, short.stat().st_size) == (0, 5)
    assert bound([long, short], limit=1000) == []


def test_a_server_that_goes_on_writing_stays_bounded(tmp_path: Path) -> None:
    """It appends: what it writes next is at the start of the emptied file."""
    log = tmp_path / "logs" / "kafka.log"
    limit = 100_000
    server = processes.start(
        ["/bin/sh", "-c", SAYS_MUCH],
        pid_file=tmp_path / "kafka.pid",
        log=log,
        environ={},
        folder=tmp_path,
    )
    kept = log.with_name("kafka.log.1")
    try:
        watch(log.parent, limit, every=0.01)
        end = time.monotonic() + 60
        while not kept.exists() or kept.stat().st_size < limit:
            assert time.monotonic() < end
    finally:
        processes.stop([server], 5)
    assert not log.read_bytes().startswith(b"\0")
    assert set(log.read_text(encoding="utf-8").split()) <= {"0123456789" * 4}
