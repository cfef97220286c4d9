"""Folders of slots that were killed, and files that were being made anew."""

import os
import time
from pathlib import Path

from amml_deploy.doctor.checks.temporary_files import clean, examine
from amml_deploy.doctor.site import Site
from amml_deploy.platform import processes


def test_what_a_killed_slot_left_is_found_and_removed(tmp_path: Path) -> None:
    workflow = tmp_path / "workflows" / "hot"
    dead, young, running = (workflow / "tmp" / f"{label}.0" for label in ("dead", "young", "runs"))
    for folder in (dead, young, running):
        folder.mkdir(parents=True)
        (folder / "rows.arrow").write_bytes(b"x")
    half = tmp_path / "data" / "kafka.new"
    half.mkdir(parents=True)
    long_ago = time.time() - 7200
    for path in (dead, running, half):
        os.utime(path, (long_ago, long_ago))
    process = processes.start(
        ["/bin/sleep", "60"],
        pid_file=workflow / "run" / "runs.0.pid",
        log=tmp_path / "log",
        environ={},
        folder=tmp_path,
    )
    try:
        while processes.find(workflow / "run" / "runs.0.pid") is None:
            assert process.alive()
        site = Site(tmp_path, {})
        [found] = examine(site)
        assert set(found.leftovers) == {str(dead), str(half)}
        assert set(clean(site, (*found.leftovers, str(young), str(running)))) == {
            str(dead),
            str(half),
        }
        assert not dead.exists() and not half.exists()
        assert young.exists() and running.exists()
        assert [each.level for each in examine(site)] == ["ok"]
    finally:
        processes.stop([process], 5)
