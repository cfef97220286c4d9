"""What golden plans do not show: identities, unchanged steps, JSON, numbers of runs."""

from typing import Any

import pytest

from amml_deploy.errors import UserError
from amml_deploy.planner.diff import same_plan
from amml_runtime.spec import Plan, StepSpec


def step(plan: Plan, label: str) -> StepSpec:
    return next(each for each in plan.steps if each.label == label)


def test_a_plan_is_the_same_after_json(planned: Any) -> None:
    plan = planned('source id="ett" | minmax_scaler | train_lstm model="ett:0.1" | print')
    assert Plan.from_json(plan.to_json()) == plan


def test_moving_a_script_in_the_text_keeps_its_identity(planned: Any) -> None:
    near = planned('source id="ett" | filter OT > 1 | print')
    far = planned('# hot\nsource id="ett"   |  filter   OT>1 | print')
    assert step(near, "filter").identity == step(far, "filter").identity
    assert same_plan(near, far)


@pytest.mark.parametrize(
    "changed",
    [
        'source id="ett" | filter OT > 2 | print',
        'source id="ett" | filter: select OT | print',
    ],
)
def test_another_argument_or_component_is_another_identity(planned: Any, changed: str) -> None:
    before, after = planned('source id="ett" | filter OT > 1 | print'), planned(changed)
    assert step(before, "filter").identity != step(after, "filter").identity
    assert step(before, "source").identity == step(after, "source").identity


def test_a_source_with_other_content_is_another_identity(planned: Any) -> None:
    entry = {"name": "co2", "kind": "topic", "topic": "co2.raw", "columns": [], "created": "then"}
    found = [
        step(planned('source id="co2" | print', catalogue={"sources": {"co2": each}}), "source")
        for each in (
            {**entry, "revision": "1"},
            {**entry, "revision": "1", "created": "now"},
            {**entry, "revision": "2"},
        )
    ]
    assert found[0].identity == found[1].identity != found[2].identity


def test_a_model_trained_again_is_a_change_of_the_predictor(planned: Any) -> None:
    text = 'source id="ett" | minmax_scaler | lstm model="{}" | print'
    first, second = planned(text.format("ett:0.1")), planned(text.format("ett:new"))
    assert step(first, "lstm").identity != step(second, "lstm").identity
    assert not same_plan(first, second)


def test_what_did_not_change_stays_to_the_letter(planned: Any) -> None:
    before = planned('source id="co2" | filter co2 > 1000 | alert')
    after = planned('source id="co2"   |   filter co2 > 1000 | alert', before=before)
    assert after.steps == before.steps
    assert after.text != before.text


def test_an_inserted_step_renames_nothing(planned: Any) -> None:
    before = planned('source id="ett" | filter OT > 1 | filter OT > 2 | print')
    after = planned(
        'source id="ett" | filter OT > 0 | filter OT > 1 | filter OT > 2 | print', before=before
    )
    labels = [each.label for each in after.steps]
    assert labels == ["source", "filter_3", "filter", "filter_2", "print"]


def test_a_bounded_workflow_that_did_not_change_keeps_its_run(planned: Any) -> None:
    text = 'source id="ett" | filter OT > 1 | print'
    before = planned(text)
    assert planned(text, before=before) == before
    assert planned(text, before=before, new_run=True).run == before.run + 1


def test_no_run_number_is_used_for_a_second_life(planned: Any) -> None:
    plan = planned('source id="ett" | print', catalogue={"last_runs": {"hot": 4}})
    assert plan.run == 5
    assert step(plan, "source").name == "amml.hot.r5.source"


def test_given_limits_reach_the_step(planned: Any) -> None:
    plan = planned('source id="ett" | minmax_scaler of=OT, min=0, max=50 | print')
    assert step(plan, "minmax_scaler").resources["params"]


def test_topics_are_made_once_and_no_named_one_is_configured(planned: Any) -> None:
    plan = planned('source id="ett" | split | ( to_topic name="x.y" ; to_topic name="x.y" )')
    named = [topic for topic in plan.topics if topic.name == "x.y"]
    assert [dict(topic.config) for topic in named] == [{}]


def test_a_changelog_is_compacted_in_small_segments(planned: Any) -> None:
    topics = {t.name: t for t in planned('source id="ett" | print', partitions=2).topics}
    changelog = topics["amml.hot.r1.print.state"]
    assert changelog.partitions == 2
    assert dict(changelog.config) == {
        "cleanup.policy": "compact",
        "segment.bytes": "16777216",
        "segment.ms": "600000",
        "min.cleanable.dirty.ratio": "0.1",
        "max.message.bytes": "1048576",
    }


def test_a_missing_source_says_what_there_is(planned: Any) -> None:
    with pytest.raises(UserError, match="did you mean `ett`"):
        planned('source id="etr" | print')


LAKE = 'source id="lake:hall", to="2022-04-01" | filter co2 > 1 | print'


def test_rows_that_come_to_a_data_set_are_no_change_of_what_reads_it(planned: Any) -> None:
    before = planned(LAKE)
    entry = dict(before.steps[0].resources["entry"])
    grown = {**entry, "rows": 9, "first": "2021", "last": "2023", "topics": ["amml.x.r1.y"]}
    after = planned(LAKE, catalogue={"sources": {"lake:hall": grown}})
    assert same_plan(before, after)
    wider = {**grown, "columns": [*entry["columns"], {"name": "x", "type": "double", "meta": None}]}
    assert not same_plan(before, planned(LAKE, catalogue={"sources": {"lake:hall": wider}}))


def test_a_data_set_is_no_entry_of_the_source_catalogue(planned: Any) -> None:
    assert planned(LAKE).sources == ()


def test_a_training_on_the_lake_says_what_it_is_trained_on(planned: Any) -> None:
    rename = "eval HUFL = co2, HULL = co2, MUFL = co2, MULL = co2, LUFL = co2, LULL = co2, OT = co2"
    text = LAKE.replace("filter co2 > 1", rename).replace(
        "print", 'minmax_scaler | train_lstm model="ett:0.1" | print'
    )
    plan = planned(text)
    assert step(plan, "train_lstm").resources["lake"] == [
        {"dataset": "hall", "step": "source", "from": "", "to": "2022-04-01"}
    ]
    assert step(plan, "source").resources["entry"]["trains"] is True
    assert planned(LAKE).steps[0].resources["entry"]["trains"] is False
