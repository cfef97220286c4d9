"""What a configuration needs here and does not say; each addition is told."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from amml_model_manager.connect.classes import DEBEZIUM

Config: TypeAlias = dict[str, str]

# Brokers make no topics by themselves: without these two Connect waits for ever.
_TOPIC_CREATION = {
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "-1",
}


def completed(name: str, config: Mapping[str, str]) -> tuple[Config, list[str]]:
    """The configuration with what was missing, and a line for each thing that was added.

    >>> completed("hall", {"connector.class": "amml.connect.jdbc.JdbcSourceConnector"})[1]
    ['added topic.creation.default.partitions=1, topic.creation.default.replication.factor=-1']
    """
    added = {**_TOPIC_CREATION, **_MORE.get(config.get("connector.class", ""), _nothing)(name)}
    if config.get("table.include.list") and "publication.name" in added:
        added["publication.autocreate.mode"] = "filtered"
    if "transforms" in config:
        added = {key: value for key, value in added.items() if not key.startswith("transforms")}
    added = {key: value for key, value in added.items() if key not in config}
    told = ", ".join(f"{key}={value}" for key, value in added.items())
    return {**config, **added}, [f"added {told}"] if told else []


def left_behind(config: Mapping[str, str]) -> list[str]:
    """What stays when a connector of this configuration is removed, and how to remove it."""
    if config.get("connector.class") != DEBEZIUM:
        return ["its topics stay; where it had read to is kept for a connector of the same name"]
    slot = config.get("slot.name", "debezium")
    publication = config.get("publication.name", "dbz_publication")
    return [
        f"its topics stay, and so does the replication slot `{slot}` in PostgreSQL, which keeps "
        "the write-ahead log from being removed until the disk is full. If the connector does not "
        f"come back: SELECT pg_drop_replication_slot('{slot}'); "
        f"DROP PUBLICATION IF EXISTS {publication};"
    ]


def _debezium(name: str) -> Config:
    """Rows as they are now, in types that `source` reads; a slot of the connector's own."""
    own = "amml_" + re.sub(r"[^a-z0-9_]", "_", name.lower())[:58]  # PostgreSQL takes 63
    return {
        "plugin.name": "pgoutput",
        "slot.name": own,
        "publication.name": own,
        "time.precision.mode": "connect",
        "decimal.handling.mode": "double",
        "transforms": "unwrap",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
    }


def _nothing(_: str) -> Config:
    return {}


_MORE: Mapping[str, Callable[[str], Config]] = {DEBEZIUM: _debezium}
