"""`amml logs`: what the steps of a workflow wrote."""

import os
from pathlib import Path

import click

from amml_deploy.control import home_of
from amml_deploy.edges import split_step
from amml_deploy.errors import UserError
from amml_deploy.output import as_json_line, output_option, say
from amml_deploy.planner.faults import suggestion
from amml_deploy.step_logs import Line, labels, log_files, read_logs
from amml_language.diagnostics import visible

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_red")


@click.command("logs")
@click.argument("step", metavar="NAME[.STEP]")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("--tail", default=100, show_default=True, type=click.IntRange(0), metavar="N")
@output_option
def command(step: str, follow: bool, tail: int, output: str) -> None:
    """Show the last lines that the steps of a workflow wrote, each with its step before it.

    \b
    amml logs ett-train
    amml logs ett-train.train_lstm -f
    amml logs ett-predict.print --tail 1000

    What `print` prints is here. --tail counts the lines of each process.
    """
    workflow, label = split_step(step)
    folder = home_of(os.environ) / "workflows" / workflow / "logs"
    if not follow:
        _refuse_missing(folder, workflow, label)
    try:
        for line in read_logs(folder, label, tail, follow):
            click.echo(as_json_line(vars(line)) if output == "json" else _text(line))
    except KeyboardInterrupt:
        say("")  # following ends like this, which is no failure


def _refuse_missing(folder: Path, workflow: str, label: str | None) -> None:
    if log_files(folder, label):
        return
    if label is not None and log_files(folder):
        raise UserError(f"`{workflow}` has no step `{label}`; {suggestion(label, labels(folder))}")
    folders = sorted(folder.parent.parent.glob("*"))
    others = [path.name for path in folders if (path / "logs").is_dir()]
    near = f"; {suggestion(workflow, others)}" if others else ""
    raise UserError(f"`{workflow}` has written no logs here{near}")


def _text(line: Line) -> str:
    """The line after its step; click leaves the colour out where there is no terminal."""
    colour = _COLOURS[sum(line.label.encode()) % len(_COLOURS)]
    name = line.label if line.slot == 0 else f"{line.label}.{line.slot}"
    return f"{click.style(name, fg=colour)} | {visible(line.text)}"
