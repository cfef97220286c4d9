"""What `amml source add` is asked for: a file, a topic, what a connector fills, or a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from amml_deploy.control import Control
from amml_deploy.errors import UserError
from amml_deploy.names import check_foreign_topic
from amml_deploy.output import say
from amml_deploy.planner.settings import milliseconds
from amml_deploy.sources.entries import add_file, topic_entry

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
    pattern: str
    table: str | None
    url: str | None
    by: str | None
    every: str | None
    no_time: bool = False


Adding: TypeAlias = Callable[[Control], dict[str, Any]]


def adding(wanted: Wanted) -> Adding:
    """What adds the source; refuses options that do not go together, before anything is asked."""
    kind = _kind(wanted)
    for option, (value, kinds) in _belongings(wanted).items():
        if value and kind not in kinds:
            raise UserError(f"{option} goes with {' or '.join(f'--{each}' for each in kinds)}")
    if wanted.topic is not None:
        check_foreign_topic(wanted.topic, "amml")
    match kind:
        case "file":
            return _of_file(wanted)
        case "table":
            return _of_table(wanted)
        case "connect":
            return partial(_add_connect, wanted=wanted)
        case _:
            return _of_topic(wanted)


def _kind(wanted: Wanted) -> str:
    """Where the rows come from: `file`, `topic`, `connect` or `table`."""
    given = ("file", "topic", "connector", "table")
    named = [each for each in given if getattr(wanted, each) is not None]
    if named == ["topic"]:
        return "connect" if wanted.format_ == CONNECT else "topic"
    if named in (["connector"], ["topic", "connector"]):
        if wanted.format_ not in (None, CONNECT):
            raise UserError(f"--format {wanted.format_} goes with --file")
        return "connect"
    if named not in (["file"], ["table"]):
        raise UserError("give either --file, --topic, --connect or --table")
    return named[0]


def _belongings(wanted: Wanted) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """The options that not every source has: what each says, and for which it does."""
    return {
        "--columns": (wanted.columns, ("topic",)),
        "--format": (wanted.format_, ("file", "connect")),
        "--pattern": (wanted.pattern, ("file",)),
        "--no-time": (wanted.no_time, ("file",)),
        "--url": (wanted.url, ("table",)),
        "--by": (wanted.by, ("table",)),
        "--every": (wanted.every, ("table",)),
    }


def _of_topic(wanted: Wanted) -> Adding:
    topic = str(wanted.topic)
    document = topic_entry(topic, wanted.time, wanted.tz, wanted.key, wanted.columns)
    return lambda control: control.put(f"/sources/{wanted.name}", document)


def _of_table(wanted: Wanted) -> Adding:
    from amml_deploy.sources.table_entry import (  # psycopg2 with it
        refuse_plain_password,
        table_entry,
    )

    if wanted.url is None:
        raise UserError("--url is missing: where is the database? As postgresql://reader@db/hall")
    refuse_plain_password(wanted.url)
    every = milliseconds(wanted.every or "1s")

    def add(control: Control) -> dict[str, Any]:
        said = (str(wanted.url), str(wanted.table), wanted.by, wanted.time, wanted.tz, wanted.key)
        entry = table_entry(*said, every_ms=every)
        return control.put(f"/sources/{wanted.name}", entry)

    return add


def _of_file(wanted: Wanted) -> Adding:
    assert wanted.file is not None
    if wanted.format_ == CONNECT:
        raise UserError("--format connect goes with --topic")
    if (wanted.format_ == "log") != bool(wanted.pattern):
        raise UserError("--format log and --pattern go together: how is a line of the log written?")
    if wanted.time is None and not wanted.no_time:
        raise UserError(
            "--time is missing: which column of the file says when? A table that rows are looked "
            "up in, such as where each sensor stands, has --no-time"
        )
    if wanted.time is not None and wanted.no_time:
        raise UserError("--time and --no-time exclude each other")
    return partial(
        add_file,
        name=wanted.name,
        path=wanted.file,
        time=wanted.time,
        tz=wanted.tz,
        key=wanted.key,
        format_=wanted.format_,
        pattern=wanted.pattern,
    )


def _add_connect(control: Control, wanted: Wanted) -> dict[str, Any]:
    from amml_deploy.sources import connect_entry as entries  # it takes a client of Kafka's

    topic = wanted.topic or ""
    if wanted.connector is not None:
        topic = entries.topic_of_connector(control, wanted.connector, wanted.topic)
    row = entries.newest_row(topic, entries.records_of)
    if row is None:
        say(f"no record in {topic} yet: its columns will be those of the records that come")
    entry = entries.connect_entry(topic, wanted.connector, wanted.time, wanted.tz, wanted.key, row)
    return control.put(f"/sources/{wanted.name}", entry)
