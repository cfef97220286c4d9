"""A workflow does with the rules that `amml plan --acls` prints, and not without one of them."""

import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from amml_deploy.broker import is_there
from amml_deploy.planner.acls import Acl, acls, deployer_acls
from amml_ingress.normalsource import Normalsource
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.errors import AccessDenied
from amml_runtime.spec import Plan, TopicSpec
from amml_runtime.tail import follow

from .flow import Flow
from .secured import Secured

Planned: TypeAlias = Callable[..., Plan]
Flows: TypeAlias = Callable[[Plan], Flow]
Become: TypeAlias = Callable[[str], None]

ROWS = 300
STATS = (
    f"normalsource mean=5, std=2, rows={ROWS} | eval high = value > 5 | key high "
    "| mean_std value | print"
)


@pytest.fixture
def become(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> Become:
    """Let the clients of this process get in as somebody."""

    def change(user: str) -> None:
        for name, value in secured.environ(user).items():
            if name.startswith("AMML_KAFKA"):
                monkeypatch.setenv(name, value)

    return change


def test_a_workflow_runs_with_the_rules_of_its_plan_and_no_others(
    secured: Secured, planned: Planned, flows: Flows, become: Become
) -> None:
    plan = planned(STATS)
    secured.user("deployer")
    secured.user("runner")
    secured.grant(deployer_acls(plan, "User:deployer"))
    secured.grant(acls(plan, "User:runner"))
    become("deployer")
    create_topics(secured.bootstrap, plan.topics)

    flow = flows(plan)
    flow.start(secured.environ("runner"))
    flow.wait()

    check(flow.printed())
    looked = follow(secured.bootstrap, f"amml.{plan.workflow}.r1.mean_std", ROWS, follow=False)
    assert len(list(looked)) == ROWS
    own = f"amml.{plan.workflow}."
    remove_prefix(secured.bootstrap, own)
    left = secured.admin.list_topics(timeout=10).topics
    assert not [topic for topic in left if topic.startswith(own)]


@pytest.mark.long
def test_a_right_that_is_taken_back_and_given_back_loses_nothing(
    secured: Secured, planned: Planned, flows: Flows, become: Become
) -> None:
    plan = planned(STATS.replace(f"rows={ROWS}", f"rows={ROWS}, rate=25"))
    secured.make_topics(*plan.topics)
    secured.user("runner")
    rules = acls(plan, "User:runner")
    secured.grant(rules)
    write = rule_of("own topics", rules, "Write")
    flow = flows(plan)
    flow.start(secured.environ("runner"))
    flow.wait_until(lambda: len(flow.printed()) > 10)

    secured.revoke(write)
    said = [flow.refusal(step.label) for step in plan.steps]
    assert all("User:runner lacks the right Write on topic amml." in each for each in said)

    secured.grant([write])
    flow.start(secured.environ("runner"))
    flow.wait()
    secured.user("deployer")
    secured.grant(deployer_acls(plan, "User:deployer"))
    become("deployer")
    topic = f"amml.{plan.workflow}.r1.mean_std"
    check(list(follow(secured.bootstrap, topic, 2 * ROWS, follow=False)))


def check(rows: list[dict[str, Any]]) -> None:
    """The source's numbers, all of them, each with the mean of its key so far."""
    source = Normalsource(mean=5, std=2, rows=ROWS)
    made = [row["value"] for portion in source.read(None) for row in portion.batch.to_rows()]
    assert sorted(row["value"] for row in rows) == sorted(made)
    seen = defaultdict[Any, list[float]](list)
    for row in rows:
        seen[row["high"]].append(row["value"])
        assert row["value_mean"] == pytest.approx(statistics.fmean(seen[row["high"]]))
    assert {high: all((value > 5) is high for value in seen[high]) for high in seen} == {
        True: True,
        False: True,
    }


WITHOUT = {
    "own topics, Read": ("filter", "Read", r"Read on topic amml\.NAME\.r1\.\S+"),
    "own topics, Write": ("filter", "Write", r"Write on topic amml\.NAME\.r1\.filter\.state"),
    "group, Read": ("filter", "Read", r"Read on consumer group amml\.NAME\.r1\.filter"),
    "id, Write": ("filter", "Write", r"Write on transactional id amml\.NAME\.r1\.filter\.0"),
    "outside, Read": ("topic", "Read", r"Read on topic RAW"),
    "outside, Write": ("alert", "Write", r"Write on topic amml\.alerts"),
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_without_one_rule_a_step_stops_and_names_it(
    secured: Secured, planned: Planned, flows: Flows, missing: str
) -> None:
    plan = planned('topic name="co2" | filter co2 > 0 | alert', co2=1)
    raw = TopicSpec("co2", 1)
    secured.make_topics(raw, *plan.topics)
    secured.user("runner")
    label, right, said = WITHOUT[missing]
    rules = acls(plan, "User:runner")
    secured.grant(rules)
    secured.revoke(rule_of(missing, rules, right))

    flow = flows(plan)
    flow.start(secured.environ("runner"), label)

    expected = said.replace("NAME", plan.workflow).replace("RAW", "co2")
    refusal = flow.refusal(label)
    assert re.search(f"User:runner lacks the right {expected}", refusal), refusal


def rule_of(missing: str, rules: tuple[Acl, ...], right: Any) -> Acl:
    """The one rule that is meant, with the one operation."""
    kinds: dict[str, Callable[[Acl], bool]] = {
        "own topics": lambda acl: acl.resource == "topic" and acl.prefixed,
        "group": lambda acl: acl.resource == "group",
        "id": lambda acl: acl.resource == "transactional-id",
        "outside": lambda acl: acl.resource == "topic" and not acl.prefixed,
    }
    is_meant = kinds[missing.partition(",")[0]]
    [meant] = [acl for acl in rules if is_meant(acl) and right in acl.operations]
    return Acl(meant.principal, (right,), meant.resource, meant.name, meant.prefixed)


def test_who_deploys_one_workflow_cannot_touch_another(
    secured: Secured, planned: Planned, become: Become
) -> None:
    mine, other = planned(STATS), planned(STATS)
    secured.user("deployer")
    secured.grant(deployer_acls(mine, "User:deployer"))
    secured.make_topics(*other.topics)
    become("deployer")

    with pytest.raises(AccessDenied, match=r"User:deployer lacks the right Create on topic amml\."):
        create_topics(secured.bootstrap, [TopicSpec(f"amml.{other.workflow}.new", 1)])
    topic = other.topics[0].name
    with pytest.raises(AccessDenied, match=f"User:deployer lacks the right Read on topic {topic}"):
        is_there(topic, wait=True)
    with pytest.raises(AccessDenied, match=f"User:deployer lacks the right Read on topic {topic}"):
        list(follow(secured.bootstrap, topic, follow=False))
    remove_prefix(secured.bootstrap, f"amml.{other.workflow}.")  # sees nothing to remove
    left = secured.admin.list_topics(timeout=10).topics
    assert {topic.name for topic in other.topics} <= set(left)
