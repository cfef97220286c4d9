"""`amml source`: the catalogue of data that workflows read by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from amml_deploy.control import from_environment
from amml_deploy.datafile.inspect import FORMATS
from amml_deploy.names import check
from amml_deploy.output import facts, output_option, say, show, table
from amml_deploy.sources.entries import check_zone
from amml_deploy.sources.kinds import CONNECT, Wanted, adding


@click.group("source")
def command() -> None:
    """Name files and topics, so that `source id="..."` can read them.

    \b
    amml source add ett --file ETTh1.csv --time date
    amml source add co2 --topic co2.raw --time at --columns at:timestamp,co2:float
    amml source add room --connect sensor_data_source --time event_time --key position
    amml source list
    """


@command.command("add")
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path), help="A file, which is uploaded.")
@click.option("--topic", help="A Kafka topic of JSON records.")
@click.option("--connect", "connector", help="A connector of Kafka Connect, which fills a topic.")
@click.option("--time", help="The column with each row's time; a file needs one.")
@click.option("--no-time", is_flag=True, help="The rows of the file have no time: it is looked up.")
@click.option("--tz", default="UTC", show_default=True, help="The zone of times that name none.")
@click.option("--key", default="", help="Columns that make a row's key, as position,type.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([*FORMATS, CONNECT]),
    help="A file's is found out; `connect`: a topic whose records have their schema with them.",
)
@click.option(
    "--columns", default="", help="A topic's columns and types, as at:timestamp,co2:float."
)
@click.option("--pattern", default="", help="How a line of a log is written; see below.")
@click.option("--table", help="A PostgreSQL table, which is asked for new rows.")
@click.option("--url", help="Its database, as postgresql://reader:${secret:hall}@db/hall.")
@click.option("--by", help="The table's growing, unique column; its primary key unless given.")
@click.option("--every", help="How often the table is asked (1s).")
@output_option
def add(name: str, tz: str, key: str, output: str, **options: Any) -> None:
    """Add a file, a topic or a table under NAME, or put another in its place.

    \b
    amml source add ett --file ETTh1.csv --time date
    amml source add hall --file hall.parquet --time at --tz Asia/Seoul --key position,type
    amml source add sensors --file sensors.csv --no-time --key sensor
    amml source add co2 --topic co2.raw --time at --columns at:timestamp,co2:float
    amml source add room --connect sensor_data_source --time event_time --key position
    amml source add shop --topic shop.orders --format connect
    amml source add hall --table co2 --url 'postgresql://reader:${secret:hall}@db/hall' --time at
    amml source add web --file access.log --format log --time at \\
        --pattern '%{IP:client} .* \\[%{HTTPDATE:at}\\] .* %{INT:status} %{INT:bytes}'

    A file is read once from start to end, checked, and uploaded; workflows read that copy, so the
    file itself may change or go. CSV needs a header. What Kafka Connect writes brings its columns
    along: they are those of the newest record. A pattern is a regular expression with named groups,
    or grok's %{NAME:field}.
    """
    check("source", name)
    check_zone(tz)
    keys = [each.strip() for each in key.split(",") if each.strip()]
    add_it = adding(Wanted(name, tz=tz, key=keys, **options))
    with from_environment() as control:
        entry = add_it(control)
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
    if entry["kind"] == "table":
        return f"source {entry['name']}: table {entry['table']} by {entry['by']}"
    if entry["kind"] == "topic":
        count = f", {len(entry['columns'])} columns" if entry["columns"] else ""
        return f"source {entry['name']}: topic {entry['topic']}{count}"
    span = f", {entry['first']} to {entry['last']}" if entry["first"] else ""
    rows = f"{entry['rows']:,} rows of {len(entry['columns'])} columns"
    return f"source {entry['name']}: {rows}{span}"


def _row(entry: Mapping[str, Any]) -> list[Any]:
    return [
        entry["name"],
        entry["kind"],
        entry.get("file") or entry.get("topic") or entry.get("table"),
        entry.get("rows"),
        entry.get("first"),
        entry.get("last"),
        [column["name"] for column in entry.get("columns", ())],
    ]


def _details(entry: Mapping[str, Any]) -> str:
    shown = {name: value for name, value in entry.items() if name != "columns"}
    columns = [[each["name"], each["type"]] for each in entry.get("columns", ())]
    return "\n\n".join([facts(shown), *([table(["COLUMN", "TYPE"], columns)] if columns else [])])
