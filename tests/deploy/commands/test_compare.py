"""`amml compare impute`: which method comes nearest to values that were hidden."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def hall(tmp_path: Path) -> Path:
    """A day's rhythm and a little noise, hour by hour, and a column that follows it."""
    hours, noise = np.arange(600), np.random.default_rng(1).normal(0, 0.02, 600)
    co2 = 500 + 100 * np.sin(hours / 24 * 2 * np.pi) + noise
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [
        f"{start + timedelta(hours=int(hour)):%Y-%m-%d %H:%M:%S},{value:.3f},{2 * value:.3f},x"
        for hour, value in zip(hours, co2, strict=True)
    ]
    path = tmp_path / "hall.csv"
    path.write_text("\n".join(["date,co2,twice,room", *lines]), encoding="utf-8")
    return path


def test_methods_are_listed_best_first(amml: Callable[..., Any], hall: Path) -> None:
    document = amml("compare", "impute", str(hall), "--of", "co2", "--output", "json").document
    errors = {each["method"]: each["rmse"] for each in document["methods"]}
    assert list(errors.values()) == sorted(errors.values())
    assert (document["hidden"], len(errors)) == (30, 8)
    assert errors["seasonal"] < 10 and errors["knn"] < 10 and errors["linear"] < 5
    assert errors["mean"] > 30


def test_the_same_seed_hides_the_same_values(amml: Callable[..., Any], hall: Path) -> None:
    words = ("compare", "impute", str(hall), "--of", "co2", "--method", "linear")
    assert amml(*words).out == amml(*words).out != amml(*words, "--seed", "2").out


def test_the_chart_is_drawn(amml: Callable[..., Any], hall: Path, tmp_path: Path) -> None:
    chart = tmp_path / "out.png"
    words = ("--of", "co2", "--method", "linear", "--chart", str(chart))
    ran = amml("compare", "impute", str(hall), *words)
    assert ran.code == 0 and ran.out.splitlines()[0].split()[:2] == ["METHOD", "RMSE"]
    assert chart.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--of", "nothing"], "no column `nothing`; there are: date, co2"),
        (["--of", "room"], "holds no numbers"),
        (["--of", "co2", "--method", "magic"], "it is one of linear"),
        (["--of", "co2", "--time", "never"], "no column `never`"),
        (["--of", "co2", "--seed", "-1"], "'--seed'"),
        (["--of", "co2", "--tz", "Mars"], "--tz Mars: no zone of that name"),
        (["--of", "co2", "--method", "mean", "--chart", "o.xyz"], "--chart o.xyz: "),
        (["--of", "co2", "--method", "mean", "--chart", "nodir/o.png"], "--chart nodir/o.png: "),
    ],
)
def test_what_is_wrong_is_said(
    amml: Callable[..., Any], hall: Path, words: list[str], said: str
) -> None:
    ran = amml("compare", "impute", str(hall), *words)
    assert ran.code == 2 and said in ran.err


def test_an_infinite_value_counts_as_missing(amml: Callable[..., Any], hall: Path) -> None:
    lines = hall.read_text(encoding="utf-8").splitlines()
    date, _, *rest = lines[300].split(",")
    lines[300] = ",".join([date, "inf", *rest])
    hall.write_text("\n".join(lines), encoding="utf-8")
    words = ("--of", "co2", "--method", "mean", "--output", "json")
    [mean] = amml("compare", "impute", str(hall), *words).document["methods"]
    assert mean["rmse"] is not None and 0 < mean["rmse"] < 200
