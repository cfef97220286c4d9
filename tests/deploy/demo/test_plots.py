from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.demo.plots import plot_loss, plot_prediction

START = datetime(2016, 7, 1, tzinfo=UTC)


def pixels(path: Path) -> tuple[int, int]:
    """Width and height, from the header of a PNG."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def predictions(hours: int) -> Sequence[dict[str, Any]]:
    return [
        {
            "_time": START + timedelta(hours=hour),
            "OT": 20.0 + hour % 24,
            "OT_pred": None if hour < 24 else 20.0 + (hour - 1) % 24,
        }
        for hour in range(hours)
    ]


def test_the_loss_is_drawn_for_every_epoch(tmp_path: Path) -> None:
    epochs = [{"epoch": n, "loss": 1 / n, "val_loss": 1.1 / n} for n in range(1, 21)]
    plot_loss(tmp_path / "loss.png", epochs, "ett-train.r1.train_lstm")
    assert pixels(tmp_path / "loss.png") == (1350, 750)


@pytest.mark.parametrize("hours", [30, 1000])
def test_a_prediction_is_drawn_with_gaps_where_there_is_none(tmp_path: Path, hours: int) -> None:
    rows = predictions(hours)
    plot_prediction(tmp_path / "prediction.png", rows, rows[hours // 2]["_time"])
    assert pixels(tmp_path / "prediction.png") == (1350, 1200)
