"""`amml model`: definitions of models, their trainings, and the names that point to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from amml_deploy.control import from_environment
from amml_deploy.errors import UserError
from amml_deploy.models import (
    RUN_HEADERS,
    add_version,
    model_and_alias,
    model_and_version,
    run_row,
    runs_of,
    target_run,
)
from amml_deploy.names import split_model
from amml_deploy.output import output_option, say, show, table


@click.group("model")
def command() -> None:
    """Define models, look at their trainings, and say which one is live.

    \b
    amml model add ett:0.1 examples/ett.yaml
    amml model show ett:0.1
    amml model alias ett:production 0.1
    """


@command.command("add")
@click.argument("reference", metavar="MODEL:VERSION")
@click.argument("file", type=click.Path(path_type=Path))
@output_option
def add(reference: str, file: Path, output: str) -> None:
    """Add a version of a model from its definition, a YAML file.

    \b
    amml model add ett:0.1 examples/ett.yaml

    A version is final once it has been trained; a changed definition is a new version.
    """
    name, version = split_model(reference)
    with from_environment() as control:
        answer = add_version(control, name, version, _read(file))
    show(output, answer, lambda: f"model {name}:{version} is there; train it with train_lstm")


@command.command("list")
@output_option
def list_(output: str) -> None:
    """Show all models with their versions and aliases.

    \b
    amml model list
    """
    with from_environment() as control:
        models = control.get("/models")
    if not models:
        say("no models yet: amml model add ett:0.1 examples/ett.yaml")
    rows = [[each["name"], each["versions"], each["aliases"]] for each in models]
    show(output, models, lambda: table(["NAME", "VERSIONS", "ALIASES"], rows))


@command.command("show")
@click.argument("reference", metavar="MODEL[:VERSION]")
@output_option
def show_(reference: str, output: str) -> None:
    """Show the trainings of a model: loss, held-out error beside persistence, status.

    \b
    amml model show ett
    amml model show ett:0.1

    MAE is the mean absolute error on the rows that were held out, in the unit of the label;
    PERSISTENCE is the error of repeating the last value on the same rows. A useful model is below.
    """
    name, version = model_and_version(reference)
    with from_environment() as control:
        runs = runs_of(control, name, version)
    if not runs:
        say(f"{reference} has not been trained yet")
    show(output, runs, lambda: table(RUN_HEADERS, [run_row(run) for run in runs]))


@command.command("alias")
@click.argument("alias", metavar="MODEL:ALIAS")
@click.argument("target", metavar="RUN|VERSION")
@output_option
def alias(alias: str, target: str, output: str) -> None:
    """Point an alias to a training, or to the newest completed one of a version.

    \b
    amml model alias ett:production 0.1
    amml model alias ett:production ett-train.r2.train_lstm

    Workflows that say model="ett:production" use it from their next deploy on.
    """
    name, word = model_and_alias(alias)
    with from_environment() as control:
        run = target_run(control, name, target)
        answer = control.put(f"/models/{name}/aliases/{word}", {"run": run})
    verb = "now points" if answer.get("changed") else "already pointed"
    show(output, answer, lambda: f"{name}:{word} {verb} to {run}")


@command.command("history")
@click.argument("alias", metavar="MODEL:ALIAS")
@output_option
def history(alias: str, output: str) -> None:
    """Show which training an alias pointed to, since when, and who said so.

    \b
    amml model history ett:production
    """
    name, word = model_and_alias(alias)
    with from_environment() as control:
        changes = control.get(f"/models/{name}/aliases/{word}")["history"]
    headers = ["RUN", "VERSION", "SINCE", "UNTIL", "BY"]
    show(output, changes, lambda: table(headers, [_change(change) for change in changes]))


def _change(change: Mapping[str, Any]) -> list[Any]:
    run = change["run"] or "(removed)"
    return [run, change["version"], change["since"], change["until"], change["actor"]]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from error
