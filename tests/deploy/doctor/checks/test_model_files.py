"""Files in HDFS that a crash left."""

import time
from collections.abc import Callable
from typing import Any

from hdfs import InsecureClient

from amml_deploy.doctor.checks.model_files import clean, judge
from amml_deploy.doctor.finding import Finding
from amml_deploy.doctor.site import Site

HOUR_MS = 3_600_000


def test_a_staged_file_is_found_when_it_is_an_hour_old_and_removed(
    site: Site, webhdfs_url: str, look: Callable[[str], list[Finding]], own: str
) -> None:
    hdfs: Any = InsecureClient(webhdfs_url)
    path = f"/amml/_staging/{own}"
    hdfs.write(path, data=b"half")

    def left() -> list[str]:
        return [name for each in look("model_files") for name in each.leftovers if name == path]

    assert left() == []  # perhaps an upload under way
    hdfs.set_times(path, modification_time=int(time.time() * 1000) - 2 * HOUR_MS)
    assert left() == [path]
    assert list(clean(site, (path,))) == [path]
    assert left() == []
    assert hdfs.status(path, strict=False) is None
    assert list(clean(site, (path,))) == []


def test_a_row_without_its_file_is_a_problem() -> None:
    stores: dict[str, Any] = {"staged": [], "orphans": [], "missing": ["/amml/files/aa/aa"]}
    [found] = judge(stores, now_ms=0)
    assert found.level == "problem"
    assert "/amml/files/aa/aa" in found.message
    assert found.leftovers == ()
