"""What certify's tests share: planned workflows and rounds that never ran."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson
import pytest

from amml_deploy.catalogue import Catalogue
from amml_deploy.certify.edges import Edge, Level
from amml_deploy.certify.observed import Observed, Row
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.workflow_text import compiled
from amml_runtime.spec import Plan

Planned: TypeAlias = Callable[..., Plan]
Seen: TypeAlias = Callable[..., Observed]

PREFIX = "amml-certify-abc123-0"


@pytest.fixture
def in_sandbox() -> Planned:
    """Plan a text with the prefix of a sandbox; topics and settings can be given."""

    def make(text: str, topics: Mapping[str, int] | None = None, **settings: Any) -> Plan:
        catalogue = Catalogue(topics=topics or {})
        return plan(compiled(text), catalogue, Settings("w", PREFIX, **settings))

    return make


@pytest.fixture
def seen() -> Seen:
    """What a round committed on the edge `e`: rows as dictionaries."""

    def make(*rows: Mapping[str, Any], **more: Any) -> Observed:
        found = [
            Row((0, row.get("_key")), orjson.dumps({name: row[name] for name in sorted(row)}))
            for row in rows
        ]
        return Observed(rows={"e": found}, **more)

    return make


@pytest.fixture
def edge() -> Callable[..., Edge]:
    """The edge `e`."""

    def make(level: Level = Level.ORDERED, rtol: float = 0.0) -> Edge:
        return Edge("step", "e", level, rtol)

    return make


@pytest.fixture
def numbered() -> Callable[[Sequence[float]], list[dict[str, Any]]]:
    """Rows of one key, a second apart, with these values."""
    return lambda values: [
        {"_time": f"1970-01-01T00:00:{n:02}Z", "_key": "k", "v": v} for n, v in enumerate(values)
    ]
