"""`amml logs`: what the steps of a workflow wrote."""

import os
from collections.abc import Iterator

import click

from amml_deploy.backends.choosing import backend, target_of
from amml_deploy.backends.local import logs_folder, logs_here
from amml_deploy.control import ControlDown, from_environment
from amml_deploy.edges import split_step
from amml_deploy.output import as_json_line, output_option, say
from amml_deploy.step_logs import Line
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
    try:
        for line in _lines(workflow, label, tail, follow):
            click.echo(as_json_line(vars(line)) if output == "json" else _text(line))
    except KeyboardInterrupt:
        say("")  # following ends like this, which is no failure


def _lines(workflow: str, label: str | None, last: int, follow: bool) -> Iterator[Line]:
    target = _target(workflow)
    if target == "local":
        yield from logs_here(os.environ, workflow, label, last, follow)
        return
    with from_environment() as control:
        yield from backend(target, control, os.environ).logs(workflow, label, last, follow)


def _target(workflow: str) -> str:
    """Where it runs; what has written here can be read without the control API."""
    if logs_folder(os.environ, workflow).is_dir():
        return "local"
    try:
        with from_environment() as control:
            document = control.find(f"/workflows/{workflow}")
    except ControlDown:
        return "local"
    return target_of(document) if document else "local"


def _text(line: Line) -> str:
    """The line after its step; click leaves the colour out where there is no terminal."""
    colour = _COLOURS[sum(line.label.encode()) % len(_COLOURS)]
    name = line.label if line.slot == 0 else f"{line.label}.{line.slot}"
    return f"{click.style(name, fg=colour)} | {visible(line.text)}"
