"""`amml source`: the catalogue of data that workflows read by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from amml_deploy.control import from_environment
from amml_deploy.datafile.inspect import FORMATS
from amml_deploy.errors import UserError
from amml_deploy.names import check, check_foreign_topic
from amml_deploy.output import facts, output_option, say, show, table
from amml_deploy.sources import add_file, check_zone, topic_entry


@click.group("source")
def command() -> None:
    """Name files and topics, so that `source id="..."` can read them.

    \b
    amml source add ett --file ETTh1.csv --time date
    amml source add co2 --topic co2.raw --time at --columns at:timestamp,co2:float
    amml source list
    """


@command.command("add")
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path), help="A file, which is uploaded.")
@click.option("--topic", help="A Kafka topic of JSON records.")
@click.option("--time", help="The column with each row's time; a file needs one.")
@click.option("--tz", default="UTC", show_default=True, help="The zone of times that name none.")
@click.option("--key", default="", help="Columns that make a row's key, as position,type.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Found out unless given.")
@click.option(
    "--columns", default="", help="A topic's columns and types, as at:timestamp,co2:float."
)
@output_option
def add(
    name: str,
    file: Path | None,
    topic: str | None,
    time: str | None,
    tz: str,
    key: str,
    format_: str | None,
    columns: str,
    output: str,
) -> None:
    """Add a file or a topic under NAME, or put another in its place.

    \b
    amml source add ett --file ETTh1.csv --time date
    amml source add hall --file hall.parquet --time at --tz Asia/Seoul --key position,type
    amml source add co2 --topic co2.raw --time at --columns at:timestamp,co2:float

    A file is read once from start to end, checked, and uploaded; workflows read that copy, so the
    file itself may change or go. CSV needs a header.
    """
    check("source", name)
    check_zone(tz)
    keys = [each.strip() for each in key.split(",") if each.strip()]
    if file is not None and topic is None:
        if columns:
            raise UserError("--columns goes with --topic; a file's columns are found out")
        if time is None:
            raise UserError("--time is missing: which column of the file says when?")
        with from_environment() as control:
            entry = add_file(control, name, file, time, tz, keys, format_)
    elif topic is not None and file is None:
        if format_ is not None:
            raise UserError("--format goes with --file; a topic holds JSON records")
        document = topic_entry(check_foreign_topic(topic, "amml"), time, tz, keys, columns)
        with from_environment() as control:
            entry = control.put(f"/sources/{name}", document)
    else:
        raise UserError("give either --file or --topic")
    show(output, entry, lambda: _added(entry))


@command.command("list")
@output_option
def list_(output: str) -> None:
    """Show all sources.

    \b
    amml source list
    amml source list --output json
    """
    with from_environment() as control:
        entries = control.get("/sources")
    if not entries:
        say("no sources yet: amml source add ett --file ETTh1.csv --time date")
    headers = ["NAME", "KIND", "FROM", "ROWS", "FIRST", "LAST", "COLUMNS"]
    show(output, entries, lambda: table(headers, [_row(entry) for entry in entries]))


@command.command("show")
@click.argument("name")
@output_option
def show_(name: str, output: str) -> None:
    """Show one source with its columns.

    \b
    amml source show ett
    """
    with from_environment() as control:
        entry = control.get(f"/sources/{check('source', name)}")
    show(output, entry, lambda: _details(entry))


@command.command("remove")
@click.argument("name")
@output_option
def remove(name: str, output: str) -> None:
    """Remove a source that no running workflow reads.

    \b
    amml source remove ett
    """
    with from_environment() as control:
        answer = control.delete(f"/sources/{check('source', name)}")
    show(output, answer, lambda: f"source {name} is removed")


def _added(entry: Mapping[str, Any]) -> str:
    if entry["kind"] == "topic":
        return f"source {entry['name']}: topic {entry['topic']}"
    return (
        f"source {entry['name']}: {entry['rows']:,} rows of {len(entry['columns'])} columns, "
        f"{entry['first']} to {entry['last']}"
    )


def _row(entry: Mapping[str, Any]) -> list[Any]:
    return [
        entry["name"],
        entry["kind"],
        entry.get("file") or entry.get("topic"),
        entry.get("rows"),
        entry.get("first"),
        entry.get("last"),
        [column["name"] for column in entry.get("columns", ())],
    ]


def _details(entry: Mapping[str, Any]) -> str:
    shown = {name: value for name, value in entry.items() if name != "columns"}
    columns = [[each["name"], each["type"]] for each in entry.get("columns", ())]
    return "\n\n".join([facts(shown), *([table(["COLUMN", "TYPE"], columns)] if columns else [])])
