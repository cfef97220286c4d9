from pathlib import Path

import numpy as np

from amml_deploy.datafile.inspect import inspect_file
from amml_deploy.demo.series import make_series, write_series


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_series(tmp_path / name, rows=500)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_file_is_a_source_of_numbers_by_the_hour(tmp_path: Path) -> None:
    write_series(tmp_path / "a.csv", rows=25)
    entry = inspect_file(tmp_path / "a.csv", "date")
    assert [column["type"] for column in entry["columns"]] == ["timestamp"] + ["float"] * 7
    assert (entry["rows"], entry["last"]) == (25, "2016-07-02T00:00:00+00:00")


def test_the_temperature_has_a_day_and_a_year() -> None:
    temperature = make_series(17_520, seed=1)["OT"]
    by_hour = temperature.reshape(-1, 24).mean(axis=0)
    by_month = temperature.reshape(24, -1).mean(axis=1)
    assert np.ptp(by_hour) > 2 and np.ptp(by_month) > 10
