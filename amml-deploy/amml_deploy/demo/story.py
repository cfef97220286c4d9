"""The demo, told as the commands that a user would type, each run for real."""

import importlib
import os
import shlex
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

from amml_deploy.backends.local import Local
from amml_deploy.broker import bootstrap
from amml_deploy.catalogue import deployed
from amml_deploy.control import Control, from_environment
from amml_deploy.demo.data import TIME, choose
from amml_deploy.demo.following import Arriving, Row, all_rows
from amml_deploy.demo.plots import plot_loss, plot_prediction
from amml_deploy.demo.result import cut_of, errors
from amml_deploy.edges import topic_of
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.output import say
from amml_deploy.waiting import wait_until_up
from amml_runtime.spec import Plan

TRAIN = 'source id="ett" | minmax_scaler | train_lstm model="ett:0.1", epoch=20 | print'
PREDICT = (
    'source id="ett" | minmax_scaler | lstm model="ett:0.1" | minmax_inverse '
    "| eval err = abs(OT - OT_pred) | print"
)
_EXAMPLES = Path(__file__).parents[3] / "examples"


class Story:
    """One telling of the demo.

    Parameters:
        csv: the user's file, or None.
        out: the folder for plots and a made series.
    """

    def __init__(self, csv: Path | None, out: Path) -> None:
        self._csv = csv
        self._out = out
        self._seconds: dict[str, float] = {}

    def tell(self) -> dict[str, Any]:
        """Run it all; what came out, as plain data.

        Errors: AmmlError, a step failed; UserError, the file does not fit the demo's model.
        """
        self._out.mkdir(parents=True, exist_ok=True)
        data = choose(self._csv, os.environ, self._out)
        definition = _example("ett.yaml")
        say(f"This runs on {data.sentence}.")
        with self._timed("platform"):
            _type("up")
        with from_environment() as control:
            with self._timed("source"):
                _type("source", "add", "ett", "--file", str(data.path), "--time", TIME)
                _type("model", "add", "ett:0.1", str(definition))
            with self._timed("train"):
                run, epochs = self._train(control)
            with self._timed("predict"):
                rows = self._predict(control)
            version = control.get("/models/ett/versions/0.1")
            cut = cut_of(rows, version["document"]["train"]["holdout"])
            return self._result(data.path, run, epochs, rows, cut)

    def _train(self, control: Control) -> tuple[dict[str, Any], list[Row]]:
        """The registered training, and the record of each epoch as the topic had it."""
        plan, version = _deploy(control, "ett-train", TRAIN)
        step = next(each for each in plan.steps if each.mode == "train")
        epochs = Arriving(bootstrap(), topic_of(plan, step.label), _say_epoch)
        backend = Local(control, os.environ)
        wait_until_up(backend, "ett-train", version, bounded=True, sleep=epochs.look_and_sleep)
        epochs.look()
        if not epochs.rows:
            raise AmmlError("no epoch arrived: see `amml logs ett-train`")
        return control.get("/models/ett/resolve/0.1"), epochs.rows

    def _predict(self, control: Control) -> list[Row]:
        plan, _ = _deploy(control, "ett-predict", PREDICT, "--wait")
        rows = all_rows(bootstrap(), topic_of(plan, "print"))
        if not rows:
            raise AmmlError("no prediction arrived: see `amml logs ett-predict`")
        return rows

    def _result(
        self,
        data: Path,
        run: Mapping[str, Any],
        epochs: list[Row],
        rows: list[Row],
        cut: datetime,
    ) -> dict[str, Any]:
        with self._timed("plots"):
            plots = [self._out / "loss.png", self._out / "prediction.png"]
            plot_loss(plots[0], epochs, run["run"])
            plot_prediction(plots[1], rows, cut)
        return {
            "data": str(data),
            "rows": len(rows),
            "run": run["run"],
            "epochs": len(epochs),
            "loss": epochs[-1]["loss"],
            "unit": "°C",
            "held_out": vars(errors(rows, cut)),
            "all": vars(errors(rows)),
            "seconds": {name: round(value, 1) for name, value in self._seconds.items()},
            "plots": [str(path) for path in plots],
        }

    @contextmanager
    def _timed(self, what: str) -> Generator[None]:
        start = time.monotonic()
        yield
        self._seconds[what] = time.monotonic() - start


def _deploy(control: Control, name: str, text: str, *options: str) -> tuple[Plan, int]:
    """Deploy as a new run, however often the demo was run before; the plan and its version."""
    again = ["--fresh"] if control.find(f"/workflows/{name}") else []
    _type("deploy", name, text, *options, *again)
    document = control.get(f"/workflows/{name}")
    return deployed(document).plan, document["version"]


def _say_epoch(row: Row) -> None:
    say(
        f"  epoch {row['epoch']:>3}   loss {row['loss']:.5f}   "
        f"held out {row['val_loss']:.5f}   {row['seconds']:.1f} s"
    )


def _type(name: str, *arguments: str) -> None:
    """Run a command as if it had been typed; what it prints is talk here."""
    say(f"\n$ {shlex.join(['amml', name, *arguments])}")
    command = importlib.import_module(f"amml_deploy.commands.{name}").command
    with redirect_stdout(sys.stderr):
        command.main(list(arguments), prog_name=f"amml {name}", standalone_mode=False)


def _example(name: str) -> Path:
    path = _EXAMPLES / name
    if not path.is_file():
        raise UserError(f"{path} is not there: run the demo from a clone of the repository")
    return path if Path.cwd() not in path.parents else path.relative_to(Path.cwd())
