"""Kafka's nodes: what each is told, and that its storage can always be formatted."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from amml_deploy.platform import jars
from amml_deploy.platform.home import Home
from amml_deploy.platform.kafka import Kafka, Node
from amml_deploy.platform.ports import choose


@pytest.fixture(scope="session")
def kafka_jars() -> Sequence[Path]:
    return jars.jars("kafka", jars.KAFKA, jars.cache_path(), lambda _: None)


def nodes(number: int) -> list[Node]:
    ports = choose(2 * number)
    return [Node(*pair) for pair in zip(ports[::2], ports[1::2], strict=True)]


def told(kafka: Kafka) -> dict[str, str]:
    lines = (kafka.home.config(kafka.name) / "server.properties").read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in lines.splitlines() if not line.startswith("#"))


def test_a_cluster_whose_id_begins_with_a_dash_can_be_formatted(
    tmp_path: Path, kafka_jars: Sequence[Path]
) -> None:
    """One start in 64 failed: the id was taken for an option."""
    homes = (Home(tmp_path / str(number)) for number in count())
    clusters = (Kafka(home, nodes(1), kafka_jars) for home in homes)
    kafka = next(each for each in clusters if each.id_of(0).startswith("-"))
    kafka.prepare()
    kept = (kafka.home.data("kafka") / "meta.properties").read_text(encoding="utf-8")
    assert f"cluster.id={kafka.id_of(0)}" in kept


@pytest.mark.parametrize(("number", "copies", "in_sync"), [(1, 1, 1), (2, 2, 1), (3, 3, 2)])
def test_a_write_is_kept_when_all_copies_but_one_have_it(
    tmp_path: Path, kafka_jars: Sequence[Path], number: int, copies: int, in_sync: int
) -> None:
    kafka = Kafka(Home(tmp_path), nodes(number), kafka_jars, number)
    kafka.prepare()
    properties = told(kafka)
    assert properties["node.id"] == str(number)
    for name in ("default", "offsets.topic", "transaction.state.log"):
        assert properties[f"{name}.replication.factor"] == str(copies)
    for name in ("min.insync.replicas", "transaction.state.log.min.isr"):
        assert properties[name] == str(in_sync)
