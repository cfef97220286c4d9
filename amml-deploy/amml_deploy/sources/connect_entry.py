"""The catalogue's entry of a topic that Kafka Connect fills: columns from its newest record."""

import time as clock
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from amml_deploy.broker import bootstrap, topics
from amml_deploy.errors import UserError
from amml_deploy.names import check_foreign_topic
from amml_deploy.output import say
from amml_deploy.planner.faults import suggestion
from amml_deploy.sources.entries import refuse_unknown
from amml_ingress._shared.cells import read_times
from amml_runtime.batch import Batch
from amml_runtime.envelope.rows import Run, read_alone
from amml_runtime.envelope.schema import word_of
from amml_runtime.recording import Record, committed

SECONDS = 10.0  # a connector polls its tables every few seconds
LOOK_BACK = 100  # offsets: the newest may be a tombstone, or no record at all
_LOOK_EVERY = 0.5
_TIMES = ("timestamp", "int", "float", "string")

Records = Callable[[str], Sequence[Record]]


class Api(Protocol):
    """What is asked of the control API."""

    def find(self, path: str) -> Any:
        """The document at a path, or None."""
        ...

    def get(self, path: str) -> Any:
        """The document at a path."""
        ...


def topic_of_connector(control: Api, connector: str, topic: str | None) -> str:
    """The one topic that a connector fills, or, of several, the one that is named.

    Errors: UserError, no such connector, or it has to be said which topic; ControlError.
    """
    path = f"/connectors/{quote(connector, safe='')}/topics"
    found = control.find(path)
    if found is None:
        known = suggestion(connector, control.get("/connectors"))
        raise UserError(f"no connector `{connector}`; {known or '`amml connect add` adds one'}")
    if topic is None and not found["topics"]:
        say(f"waiting for the first record of connector {connector}")
        found = _until(lambda: (now := control.get(path))["topics"] and now) or found
    topics: list[str] = found["topics"]
    if topic is None and len(topics) == 1:
        return check_foreign_topic(topics[0], "amml")
    if topic is None and not topics:
        raise UserError(
            f"connector `{connector}` has written nothing yet: see `amml connect status "
            f"{connector}`, or name its topic with --topic"
        )
    if topic is None:
        raise UserError(f"connector `{connector}` fills several topics: --topic is one of {topics}")
    if topics and topic not in topics:
        help = suggestion(topic, topics)
        raise UserError(f"connector `{connector}` does not write to `{topic}`; {help}")
    return topic


def newest_row(topic: str, records: Records) -> Batch | None:
    """The newest row of a topic, as one typed row; None if none arrives within some seconds.

    Errors: UserError, its records are no envelopes.
    """
    found = _newest(topic, records)
    if found is None:
        say(f"waiting for the first record of topic {topic}")
        found = _until(lambda: _newest(topic, records))
    return found


def connect_entry(
    topic: str,
    connector: str | None,
    time: str | None,
    tz: str,
    key: Sequence[str],
    row: Batch | None,
) -> dict[str, Any]:
    """The entry of a topic of Connect's envelopes; without a row its columns are left open.

    Errors: UserError, a time or key that is none of the columns, or a time that says no time.
    """
    if row is not None:
        for option, names in (("--time", [time] if time else []), ("--key", key)):
            refuse_unknown(option, names, row.names)
        if time is not None:
            _check_time(time, tz, row)
    columns = [] if row is None else [[n, word_of(row.column(n).type)] for n in row.names]
    return {
        "kind": "topic",
        "format": "connect",
        "topic": topic,
        "time": time,
        "tz": tz,
        "key": list(key),
        "columns": [{"name": name, "type": word} for name, word in columns],
        **({"connector": connector} if connector else {}),
    }


def records_of(topic: str) -> Sequence[Record]:
    """The last records of a topic, as far as it is there.

    Errors: AmmlError, the broker does not answer.
    """
    partitions = {each.name: each.partitions for each in topics() if each.name == topic}
    return committed(bootstrap(), partitions, LOOK_BACK) if partitions else []


def _newest(topic: str, records: Records) -> Batch | None:
    """The row of the newest record that gives one."""
    reasons: list[str] = []
    for each in sorted(records(topic), key=lambda record: -record.timestamp_ms):
        batch, refused = read_alone(Run([each.value], [each.key], [each.timestamp_ms]))
        if batch.rows:
            return batch
        reasons += refused.values()
    if reasons:
        raise UserError(
            f"the records of `{topic}` are none that `source` can read so: {reasons[0]}\n"
            "Plain JSON is read without --format connect; Connect has to write with "
            "org.apache.kafka.connect.json.JsonConverter and schemas.enable=true."
        )
    return None


def _check_time(time: str, tz: str, row: Batch) -> None:
    values = row.column(time)
    word = word_of(values.type)
    if word not in _TIMES:
        raise UserError(f"--time: column `{time}` is {word}, which says no time")
    if values.null_count == 0 and read_times(values, tz).null_count:
        raise UserError(f"--time: column `{time}` holds {values[0].as_py()!r}, which is no time")


def _until(ask: Callable[[], Any]) -> Any:
    """What is answered first, asked again for some seconds; None if nothing is."""
    end = clock.monotonic() + SECONDS
    while not (found := ask()) and clock.monotonic() < end:
        clock.sleep(_LOOK_EVERY)
    return found or None
