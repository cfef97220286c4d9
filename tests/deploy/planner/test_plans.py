"""Golden plans: a text, what it is planned with, and what comes of it, in `tests/deploy/plans`."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.catalogue import Deployed
from amml_deploy.errors import UserError
from amml_deploy.plan_text import plan_text
from amml_deploy.planner.settings import Settings, parse_sets
from amml_deploy.preparing import Prepared
from amml_runtime.spec import InputSpec, Plan, StepSpec, TopicSpec

PLANS = Path(__file__).parent.parent / "plans"
RULE = "----"


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.plan")), ids=lambda path: path.stem)
def test_a_text_gives_its_plan(path: Path, planned: Any, update_golden: bool) -> None:
    given, _, expected = path.read_text(encoding="utf-8").partition(f"\n{RULE}\n")
    found = outcome(given, planned)
    if update_golden:
        path.write_text(f"{given}\n{RULE}\n{found}\n", encoding="utf-8")
    else:
        assert found == expected.rstrip("\n")


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.plan")), ids=lambda path: path.stem)
def test_planning_twice_gives_equal_plans(path: Path, planned: Any) -> None:
    given = path.read_text(encoding="utf-8").partition(f"\n{RULE}\n")[0]
    assert outcome(given, planned) == outcome(given, planned)


def outcome(given: str, planned: Any) -> str:
    """The plan of a golden file's first half, or the fault that is drawn instead."""
    lines = given.splitlines()
    options = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    try:
        settings, before = parsed_options(options, planned)
        plan = planned(text, before=before, **settings)
    except UserError as error:
        return str(error)
    return rendered(plan, before)


def parsed_options(options: list[str], planned: Any) -> tuple[dict[str, Any], Plan | None]:
    settings: dict[str, Any] = {}
    before: Plan | None = None
    for option in options:
        name, _, value = option.partition(": ")
        if name == "before":
            before = planned(value)
        elif name == "set":
            settings["options"] = parse_sets(shlex.split(value))
        elif name == "partitions":
            settings["partitions"] = int(value)
        elif name == "fuse":
            settings["fuse"] = True
        elif name == "fresh":
            settings["new_run"] = True
        elif name == "workflow":
            settings["workflow"] = value
    return settings, before


def rendered(plan: Plan, before: Plan | None) -> str:
    old = None
    if before is not None:
        told = Plan.from_json(before.to_json())
        old = Deployed(before.workflow, before.text, told, before.run, version=3)
    prepared = Prepared(plan, Settings(plan.workflow), old)
    return "\n".join(
        [
            plan_text(prepared),
            "steps",
            *(line for step in plan.steps for line in step_lines(step)),
            "topics",
            *map(topic_line, plan.topics),
            f"sources {list(plan.sources)}, models {list(plan.models)}",
        ]
    )


def step_lines(step: StepSpec) -> list[str]:
    output = step.output
    to = f" -> {output.topic} ({output.format})" if output else ""
    kind = "bounded" if step.bounded else "unbounded"
    slots = f"{step.slots} of {step.tasks} tasks"
    more = {k: v for k, v in step.resources.items() if k in ("until", "until_rows", "params")}
    told = [f"    {each}" for each in (step.options, more) if each]
    return [
        f"  {step.mode} {step.name}{to}",
        f"    {kind}, {slots}, changelog {step.changelog}",
        *(f"    in its process {stage.label}" for stage in step.fused),
        *map(input_line, step.inputs),
        *told,
    ]


def input_line(each: InputSpec) -> str:
    foreign = ", foreign" if each.foreign else ""
    shape = f"{each.partitions} partitions, {each.writers} writers"
    return f"    <- {each.topic} ({each.kind}, {each.format}, {shape}, {each.start}{foreign})"


def topic_line(topic: TopicSpec) -> str:
    config = ", ".join(topic.config.get(k, "-") for k in ("cleanup.policy", "retention.ms"))
    return f"  {topic.name} x{topic.partitions}: {config}"
