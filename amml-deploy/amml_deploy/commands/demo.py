"""`amml demo`: the paper's two workflows, from a file to a prediction and two plots."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from amml_deploy.demo.story import Story
from amml_deploy.output import output_option, say, show, table


@click.command("demo")
@click.argument("csv", required=False, type=click.Path(path_type=Path))
@click.option("--out", default="out", show_default=True, type=click.Path(path_type=Path))
@output_option
def command(csv: Path | None, out: Path, output: str) -> None:
    """Train on a series of oil temperatures and predict it, on real Kafka, PostgreSQL and HDFS.

    \b
    amml demo
    amml demo ETTh1.csv --out plots

    CSV has the columns of ETTh1: date, HUFL, HULL, MUFL, MULL, LUFL, LULL and OT. Without it,
    ETTh1.csv from the folder AMML_DATA is used, or else a series that the demo makes and says so.
    Starts the platform if it is down, and leaves it up. Run it again: it trains a second run.
    """
    result = Story(csv, out).tell()
    show(output, result, lambda: _text(result))
    say(_NEXT)


def _text(result: Mapping[str, Any]) -> str:
    unit = result["unit"]
    rows = [_row("held out", result["held_out"]), _row("all", result["all"])]
    seconds = ", ".join(f"{name} {value} s" for name, value in result["seconds"].items())
    return "\n".join(
        [
            "",
            f"{result['rows']:,} rows predicted by {result['run']} "
            f"({result['epochs']} epochs, final loss {result['loss']:.5f})",
            "",
            table(["ROWS", "COUNT", f"MAE ({unit})", f"PERSISTENCE ({unit})"], rows),
            "",
            "Persistence repeats the value of the hour before; the model saw nothing of the rows "
            "held out.",
            f"Time: {seconds}",
            *(f"Plot: {path}" for path in result["plots"]),
        ]
    )


def _row(title: str, errors: Mapping[str, Any]) -> list[Any]:
    return [title, errors["rows"], round(errors["mae"], 4), round(errors["persistence"], 4)]


_NEXT = """
The platform is still up. Try:
  amml status ett-predict
  amml logs ett-train
  amml tail ett-predict -n 5 --no-follow
  amml model show ett
  amml deploy hot 'source id="ett" | filter cond = OT > 40 | alert' && amml tail alerts
  amml down"""
