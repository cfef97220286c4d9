from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import connect
from amml_deploy.demo.series import write_series
from amml_deploy.platform.home import Platform

NAMES = ("ett-train", "ett-predict")


@pytest.fixture
def left_as_it_was(on_platform: Callable[..., Any], platform: Platform) -> Generator[None]:
    """The demo takes names of its own choice: what they meant before, they mean again."""
    with connect(platform.home.path, {}) as control:
        before = control.find("/sources/ett")
        there = [name for name in NAMES if control.find(f"/workflows/{name}")]
    yield
    for name in set(NAMES) - set(there):
        on_platform("undeploy", name, "--yes")
    with connect(platform.home.path, {}) as control:
        if before is not None:
            control.put("/sources/ett", before)


@pytest.mark.platform
@pytest.mark.train
@pytest.mark.usefixtures("left_as_it_was")
@pytest.mark.long
def test_the_demo_trains_predicts_and_can_be_run_again(
    on_platform: Callable[..., Any], tmp_path: Path
) -> None:
    series = tmp_path / "series.csv"
    write_series(series, rows=3000)
    words = ["demo", str(series), "--out", str(tmp_path / "out"), "--output", "json"]
    first, second = on_platform(*words), on_platform(*words)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    result = first.document
    assert (result["rows"], result["epochs"], result["unit"]) == (3000, 20, "°C")
    assert result["held_out"]["mae"] < 2 * result["held_out"]["persistence"]
    assert result["all"]["rows"] == 3000 - 24
    assert all(Path(plot).read_bytes().startswith(b"\x89PNG") for plot in result["plots"])
    assert '$ amml deploy ett-train \'source id="ett" | minmax_scaler | train_lstm' in first.err
    assert first.err.count("  epoch ") == 20
    assert second.document["run"] != result["run"]


def test_a_file_without_the_columns_is_refused_before_anything_starts(
    amml: Callable[..., Any], tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("date,OT\n2016-07-01,1\n", encoding="utf-8")
    ran = amml("demo", str(own), "--out", str(tmp_path / "out"))
    assert ran.code == 2 and "the file lacks HUFL" in ran.err
    assert not (tmp_path / "home").exists()
