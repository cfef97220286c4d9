"""`amml source`: the catalogue of data that workflows read by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import click

from amml_deploy.control import Control, from_environment
from amml_deploy.datafile.inspect import FORMATS
from amml_deploy.errors import UserError
from amml_deploy.names import check, check_foreign_topic
from amml_deploy.output import facts, output_option, say, show, table
from amml_deploy.sources import add_file, check_zone, topic_entry

CONNECT = "connect"


@dataclass(frozen=True)
class Wanted:
    """What the options of `amml source add` say."""

    name: str
    file: Path | None
    topic: str | None
    connector: str | None
    time: str | None
    tz: str
    key: Sequence[str]
    format_: str | None
    columns: str


Adding: TypeAlias = Callable[[Control], dict[str, Any]]


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
@output_option
def add(name: str, tz: str, key: str, output: str, **options: Any) -> None:
    """Add a file or a topic under NAME, or put another in its place.

    \b
    amml source add ett --file ETTh1.csv --time date
    amml source add hall --file hall.parquet --time at --tz Asia/Seoul --key position,type
    amml source add co2 --topic co2.raw --time at --columns at:timestamp,co2:float
    amml source add room --connect sensor_data_source --time event_time --key position
    amml source add shop --topic shop.orders --format connect

    A file is read once from start to end, checked, and uploaded; workflows read that copy, so the
    file itself may change or go. CSV needs a header. What Kafka Connect writes brings its columns
    along: they are those of the newest record.
    """
    check("source", name)
    check_zone(tz)
    keys = [each.strip() for each in key.split(",") if each.strip()]
    add_it = _adding(Wanted(name, tz=tz, key=keys, **options))
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


def _adding(wanted: Wanted) -> Adding:
    """What adds the source; refuses options that do not go together, before anything is asked."""
    from_connect = wanted.connector is not None or wanted.format_ == CONNECT
    if wanted.file is not None and wanted.topic is None and not from_connect:
        return _of_file(wanted, wanted.file)
    if wanted.file is not None or (wanted.topic is None and wanted.connector is None):
        raise UserError("give either --file, --topic or --connect")
    if wanted.topic is not None:
        check_foreign_topic(wanted.topic, "amml")
    if from_connect:
        if wanted.columns or wanted.format_ not in (None, CONNECT):
            raise UserError("Kafka Connect's records bring columns and format: leave both away")
        return partial(_add_connect, wanted=wanted)
    if wanted.format_ is not None:
        raise UserError("--format goes with --file; a topic holds JSON records, or `connect`")
    path = f"/sources/{wanted.name}"
    topic = str(wanted.topic)
    document = topic_entry(topic, wanted.time, wanted.tz, wanted.key, wanted.columns)
    return lambda control: control.put(path, document)


def _of_file(wanted: Wanted, file: Path) -> Adding:
    if wanted.columns:
        raise UserError("--columns goes with --topic; a file's columns are found out")
    if wanted.time is None:
        raise UserError("--time is missing: which column of the file says when?")
    return partial(
        add_file,
        name=wanted.name,
        path=file,
        time=wanted.time,
        tz=wanted.tz,
        key=wanted.key,
        format_=wanted.format_,
    )


def _add_connect(control: Control, wanted: Wanted) -> dict[str, Any]:
    from amml_deploy import connect_entry as entries  # it takes a client of Kafka's

    topic = wanted.topic or ""
    if wanted.connector is not None:
        topic = entries.topic_of_connector(control, wanted.connector, wanted.topic)
    row = entries.newest_row(topic, entries.records_of)
    if row is None:
        say(f"no record in {topic} yet: its columns will be those of the records that come")
    entry = entries.connect_entry(topic, wanted.connector, wanted.time, wanted.tz, wanted.key, row)
    return control.put(f"/sources/{wanted.name}", entry)


def _added(entry: Mapping[str, Any]) -> str:
    if entry["kind"] == "topic":
        count = f", {len(entry['columns'])} columns" if entry["columns"] else ""
        return f"source {entry['name']}: topic {entry['topic']}{count}"
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
