"""Topics whose workflow is gone, and workflows whose topic is."""

from typing import Any

from amml_deploy.control import Control
from amml_deploy.doctor.checks.topics import Facts, clean, examine, judge
from amml_deploy.doctor.site import Site
from amml_deploy.platform.home import Platform
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec


def names(platform: Platform) -> set[str]:
    """The topics there are."""
    return {topic.name for topic in Admin(platform.kafka).list_topics()}


def left(platform: Platform, own: str) -> list[str]:
    """What the check would remove of this test's topics."""
    found = examine(Site(platform.home.path, {}))
    return [name for each in found for name in each.leftovers if own in name]


def test_topics_of_a_workflow_that_is_gone_are_found_and_removed(
    platform: Platform, own: str
) -> None:
    orphans = [f"amml.{own}.r1.filter", f"amml.{own}.dlq"]
    foreign = f"{own}.r1.filter"
    Admin(platform.kafka).create_topics([TopicSpec(name, 1) for name in [*orphans, foreign]])
    assert sorted(left(platform, own)) == sorted(orphans)
    wanted = (*orphans, foreign)
    assert sorted(clean(Site(platform.home.path, {}), wanted)) == sorted(orphans)
    assert names(platform) & set(wanted) == {foreign}
    assert left(platform, own) == []
    assert list(clean(Site(platform.home.path, {}), wanted)) == []
    Admin(platform.kafka).delete_topics([foreign])


def test_topics_of_a_workflow_that_came_meanwhile_are_not_removed(
    platform: Platform, control: Control, own: str
) -> None:
    """Between the question and the answer somebody deployed one of that name."""
    topic = f"amml.{own}.r1.filter"
    Admin(platform.kafka).create_topics([TopicSpec(topic, 1)])
    assert left(platform, own) == [topic]
    plan: dict[str, Any] = {"prefix": "amml", "steps": [], "topics": []}
    body = {"text": "a", "plan": plan, "run": 1, "desired": "stopped"}
    control.put(f"/workflows/{own}", body)
    assert list(clean(Site(platform.home.path, {}), (topic,))) == []
    assert topic in names(platform)
    control.patch(f"/workflows/{own}", {"desired": "removed", "keep_data": True})
    while control.find(f"/workflows/{own}") is not None:
        pass
    assert left(platform, own) == []  # kept on purpose
    Admin(platform.kafka).delete_topics([topic])


def test_a_topic_that_a_running_workflow_misses_is_a_problem() -> None:
    plan = {"prefix": "amml", "topics": [{"name": "amml.hot.r1.filter"}]}
    workflow = {"name": "hot", "desired": "running", "plan": plan, "status": {"state": "running"}}
    [found] = judge(Facts(("amml.hot.dlq",), (workflow,)))
    assert found.level == "problem"
    assert "amml.hot.r1.filter is gone" in found.message
    starting = {**workflow, "status": {"state": "starting"}}  # its topics are being made
    assert [each.level for each in judge(Facts((), (starting,)))] == ["ok"]


def test_shared_topics_belong_to_nobody_and_stay() -> None:
    [found] = judge(Facts(("amml.alerts", "amml.models", "co2.raw", "amml.raw"), ()))
    assert found.level == "ok"


def test_on_a_cluster_of_others_an_unknown_workflow_is_somebody_elses(
    platform: Platform, own: str
) -> None:
    topic = f"amml.{own}.r1.filter"
    Admin(platform.kafka).create_topics([TopicSpec(topic, 1)])
    shared = Site(platform.home.path, {"AMML_KAFKA": f"{platform.kafka},{platform.kafka}"})
    assert [name for each in examine(shared) for name in each.leftovers if own in name] == []
    assert left(platform, own) == [topic]
    Admin(platform.kafka).delete_topics([topic])
