"""`amml datasets`: what the data sets of the lake hold, and who writes them."""

from typing import Any

import click

from amml_deploy.control import Control, from_environment
from amml_deploy.datasets import HEADERS, Shelf, data_sets, plainly, row, told
from amml_deploy.errors import UserError
from amml_deploy.lakes import the_lake
from amml_deploy.names import check
from amml_deploy.output import output_option, say, show, table
from amml_lake.data_set import DataSet
from amml_lake.synchroniser import rebuild, synchronise


class _OrName(click.Group):
    """A group in which a word that is no command of it is the name of what to show."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; `NAME` is `show NAME`."""
        words = args if args[0] in self.commands else ["show", *args]
        return super().resolve_command(ctx, words)


@click.group("datasets", cls=_OrName, invoke_without_command=True)
@output_option
@click.pass_context
def command(ctx: click.Context, output: str) -> None:
    """Show the data sets of the lake, or all that is known of one.

    \b
    amml datasets
    amml datasets co2
    amml datasets co2 --output json
    amml datasets describe co2 --unit co2=ppm --text "Hall 3, by the window"

    What is known follows from the lake: each commit there is told at once, and can be read again
    at any time with `sync`, or from the beginning with `rebuild`.
    """
    if ctx.invoked_subcommand is not None:
        return
    with from_environment() as control:
        every = control.get("/datasets")
    if not every:
        say("no data sets are known: write one with `to_lake`, or look: amml datasets sync")
    show(output, every, lambda: table(HEADERS, [row(each) for each in every]))


@command.command("show")
@click.argument("name")
@output_option
def show_(name: str, output: str) -> None:
    """Show the columns, writers and newest folders of NAME, and when it was last written.

    \b
    amml datasets co2
    amml datasets show co2 --output json
    """
    with from_environment() as control:
        known = control.get(f"/datasets/{check('dataset', name)}")
    show(output, known, lambda: told(known))


@command.command("sync")
@click.argument("name", required=False)
@output_option
def sync(name: str | None, output: str) -> None:
    """Read what has been committed to NAME, or to every data set, and is not known yet.

    \b
    amml datasets sync
    amml datasets sync co2
    """
    _told(name, output, fresh=False)


@command.command("rebuild")
@click.argument("name", required=False)
@output_option
def rebuild_(name: str | None, output: str) -> None:
    """Make what is known of NAME, or of every data set, anew from the lake.

    \b
    amml datasets rebuild co2

    What people have said of it stays: a text, and the units of columns.
    """
    _told(name, output, fresh=True)


@command.command("describe")
@click.argument("name")
@click.option("--unit", "units", multiple=True, help="A column and its unit, as co2=ppm; or co2=")
@click.option("--text", help="What it is.")
@output_option
def describe(name: str, units: tuple[str, ...], text: str | None, output: str) -> None:
    """Say what NAME is, and in which units its columns are.

    \b
    amml datasets describe co2 --text "Hall 3, by the window"
    amml datasets describe co2 --unit co2=ppm --unit temperature=°C
    amml datasets describe co2 --unit co2=
    """
    change: dict[str, Any] = {"units": dict(map(_unit, units))} if units else {}
    if text is not None:
        change["text"] = text or None
    if not change:
        raise UserError("what about it? give --text, or --unit COLUMN=UNIT")
    with from_environment() as control:
        known = control.patch(f"/datasets/{check('dataset', name)}", change)
    show(output, known, lambda: told(known))


@command.command("forget")
@click.argument("name")
@output_option
def forget(name: str, output: str) -> None:
    """Forget what is known of NAME, as when it has gone from the lake; its rows stay there.

    \b
    amml datasets forget co2
    """
    with from_environment() as control:
        answer = control.delete(f"/datasets/{check('dataset', name)}")
    show(output, answer, lambda: f"{name} is forgotten; what the lake has of it stays")


def _told(name: str | None, output: str, fresh: bool) -> None:
    """Bring documents up to date, and show them."""
    with from_environment() as control, plainly():
        lake = the_lake()
        if name is not None:
            wanted = [DataSet(lake, check("dataset", name))]
            wanted[0].demand()
        else:
            wanted = list(data_sets(lake))
            _warn_of_gone(control, {each.name for each in wanted}, lake.url)
        shelf = Shelf(control)
        for each in wanted:
            (rebuild if fresh else synchronise)(each, shelf)
        known = [control.get(f"/datasets/{each.name}") for each in wanted]
    show(output, known, lambda: table(HEADERS, [row(each) for each in known]))


def _warn_of_gone(control: Control, there: set[str], url: str) -> None:
    for known in control.get("/datasets"):
        if known["name"] not in there:
            name = known["name"]
            say(f"{name} is not in {url}; if it is gone for good: amml datasets forget {name}")


def _unit(text: str) -> tuple[str, str | None]:
    """A column and its unit; an empty one takes the unit away."""
    column, equals, unit = text.rpartition("=")
    if not equals or not column:
        raise UserError(f"--unit is COLUMN=UNIT, as co2=ppm; found {text!r}")
    return column, unit or None
