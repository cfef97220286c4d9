"""Room that gets short."""

from pathlib import Path

import pytest

from amml_deploy.doctor.checks.disk import judge

GB = 1 << 30


@pytest.mark.parametrize(
    ("free", "files", "memory", "level"),
    [
        (50 * GB, 10**6, 4 * GB, "ok"),
        (2 * GB, 10**6, 4 * GB, "warning"),
        (GB // 4, 10**6, 4 * GB, "problem"),
        (50 * GB, 100, 4 * GB, "warning"),
        (50 * GB, 0, 4 * GB, "ok"),  # a file system that does not count them
        (50 * GB, 10**6, GB // 8, "warning"),
    ],
)
def test_room_is_judged(free: int, files: int, memory: int, level: str) -> None:
    place = Path("/srv")
    [found] = judge({place: free}, {place: files}, memory)
    assert found.level == level
