"""A catalogue as the control API would give it: a file, topics, a model with a run, a workflow."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from amml_deploy.catalogue import Catalogue, Deployed
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.sources.lake_entry import lake_entry
from amml_deploy.workflow_text import compiled
from amml_runtime.spec import Plan

Planned: TypeAlias = Callable[..., Plan]

LOADS = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"]
TRAINING = 'source id="ett" | minmax_scaler | train_lstm model="ett:0.1", epoch=20 | print'


def entry(name: str, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    """A source's entry; `created` must never reach a plan."""
    listed = [{"name": each, "type": type_} for each, type_ in columns.items()]
    common = {"name": name, "kind": "file", "format": "csv", "sha256": "5e" * 32, "tz": "UTC"}
    return {**common, "columns": listed, "revision": f"{name}-1", "created": "now", **more}


def data_set(name: str, topics: list[str]) -> dict[str, Any]:
    """The entry of a data set, from a document as the control API has it."""
    time = {"name": "_time", "type": "timestamp[us, tz=UTC]", "meta": None}
    key, co2 = (
        {"name": n, "type": t, "meta": None} for n, t in {"_key": "string", "co2": "double"}.items()
    )
    first, last = "2022-01-01T00:00:00+00:00", "2022-04-11T00:00:00+00:00"
    return lake_entry(
        name,
        {
            "lake": "webhdfs://127.0.0.1:9870/amml/lake",
            "tz": "Asia/Seoul",
            "columns": [time, key, co2],
            "totals": {"rows": 1000, "first": first, "last": last},
            "producers": {
                topic: {"topic": topic, "committed": f"2022-04-1{n}"}
                for n, topic in enumerate(topics)
            },
        },
    )


def sources() -> dict[str, Any]:
    """`ett` has times, `plain` has none, `co2` is a topic, `raw` one of unknown columns.

    `room` and `open` are filled by Kafka Connect, the latter with columns nobody knows yet.
    """
    numbers = dict.fromkeys([*LOADS, "OT"], "float")
    return {
        "ett": entry(
            "ett",
            {"date": "timestamp", **numbers},
            time="date",
            rows=17420,
            first="2016-07-01T00:00:00+00:00",
            last="2018-06-26T19:00:00+00:00",
        ),
        "plain": entry("plain", {**numbers, "site": "string"}, rows=1000),
        "co2": entry("co2", {"co2": "float"}, kind="topic", topic="co2.raw"),
        "live": entry("live", numbers, kind="topic", topic="live.raw"),
        "raw": entry("raw", {}, kind="topic", topic="raw.raw"),
        "room": entry(
            "room",
            {"event_time": "timestamp", "position": "string", "input_data": "float"},
            kind="topic",
            format="connect",
            topic="co2.raw",
            connector="view",
            time="event_time",
            key=["position"],
        ),
        "hall": entry(
            "hall",
            {"id": "int", "at": "timestamp", "co2": "float"},
            kind="table",
            url="postgresql://reader:${secret:hall}@db/hall",
            schema="public",
            table="co2",
            by="id",
            every_ms=1000,
            time="at",
        ),
        "open": entry("open", {}, kind="topic", format="connect", topic="raw.raw"),
        "lake:hall": data_set("hall", ["amml.keep.r1.select", "amml.keep.r2.select"]),
        "lake:old": data_set("old", ["amml.gone.r1.select"]),
    }


def model_run(run: str = "ett-train.r1.train_lstm") -> dict[str, Any]:
    """A completed training of `ett:0.1`."""
    columns = {
        name: {"kind": "minmax", "min": 0.0, "max": 50.0, "of": name} for name in [*LOADS, "OT"]
    }
    form = {"inputs": list(columns), "label": "OT", "window": 24, "horizon": 1}
    signature = {**form, "target": "value", "features": [], "columns": columns}
    return {"model": "ett", "version": "0.1", "run": run, "signature": signature}


def model_version(version: str = "0.1") -> dict[str, Any]:
    """The definition of `ett`."""
    train = {"inputs": [*LOADS, "OT"], "label": "OT", "window": 24, "holdout": 0.2}
    document = {"model": [{"LSTM": {"units": 32}}, {"Dense": {"units": 1}}], "train": train}
    return {"model": "ett", "version": version, "document": document}


def deployed(plan: Plan, **more: Any) -> Deployed:
    """A workflow that was deployed with that plan."""
    told = Plan.from_json(plan.to_json())  # as it comes back from the control API
    fields: dict[str, Any] = {"version": 3, "desired": "running", "state": "running", **more}
    return Deployed(plan.workflow, plan.text, told, plan.run, **fields)


@pytest.fixture
def planned() -> Planned:
    """Plan a text; `before` is the plan that is deployed, the rest goes to the settings."""

    def make(
        text: str,
        workflow: str = "hot",
        before: Plan | None = None,
        catalogue: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Plan:
        fields: dict[str, Any] = {
            "workflows": {},
            "sources": sources(),
            "models": {"ett:0.1": model_version(), "ett:0.2": model_version("0.2")},
            "runs": {
                "ett:0.1": model_run(),
                "ett:production": model_run(),
                "ett:new": model_run("n.r1.train"),
            },
            "topics": {
                "co2.raw": 1,
                "live.raw": 1,
                "raw.raw": 1,
                "wide.raw": 3,
                "amml.keep.r2.select": 2,
            },
            "known": {"source": ("ett", "plain"), "model": ("ett",)},
        }
        empty = Catalogue(**fields)
        training = plan(compiled(TRAINING), empty, Settings("ett-train"))
        workflows = {"ett-train": deployed(training)}
        if before is not None:
            workflows[before.workflow] = deployed(before)
        fields |= {"workflows": workflows, **(catalogue or {})}
        known = Catalogue(**fields)
        return plan(compiled(text), known, Settings(workflow, **settings))

    return make
