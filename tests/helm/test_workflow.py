"""`helm/workflow` as Kubernetes would get it: valid, restricted, and one object for each need."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import kubernetes_validate
import pytest

from amml_deploy.backends.kubernetes_values import values
from amml_runtime.spec import InputSpec, Mode, OutputSpec, Plan, StepSpec

Object: TypeAlias = dict[str, Any]
Restricted: TypeAlias = Callable[[str, dict[str, Any]], None]
Rendered: TypeAlias = Callable[..., list[Object]]

KUBERNETES = "1.34"
PLATFORM = {"AMML_KAFKA": "kafka:9092", "AMML_CONTROL": "http://amml:8800"}


def step(label: str, component: str, mode: Mode = "process", **more: Any) -> StepSpec:
    fields: dict[str, Any] = {"partitions": 4, **more}
    return StepSpec(
        prefix="amml",
        workflow="hot",
        run=2,
        label=label,
        mode=mode,
        component=component,
        identity="i",
        inputs=(InputSpec("amml.hot.r2.x", "x"),),
        output=OutputSpec(f"amml.hot.r2.{label}"),
        **fields,
    )


STEPS = (
    step("read", "amml_ingress.source:Source", "read", bounded=True),
    step("filter", "amml_progress.filter:Filter", slots=3, arguments={"text": '{{ x }}: "é\n'}),
    step("scale.fit", "amml_progress.minmax_scaler:MinmaxScaler", "fit"),
    step("train_lstm", "amml_progress.train_lstm:TrainLstm", "train", bounded=True),
    step("print", "amml_egress.print:Print", "write"),
)


@pytest.fixture
def rendered(render: Any) -> Rendered:
    """The objects of a plan with every kind of step; further values go over it."""

    def make(planned: tuple[StepSpec, ...] = STEPS, **more: Any) -> list[Object]:
        plan = Plan("amml", "hot", 2, False, "text", planned, ())
        found = values(plan, PLATFORM, {})
        for name in ("image", "network", "platform"):
            found[name] = {**found[name], **more.pop(name, {})}
        return render("workflow", "amml-hot", {**found, **more})

    return make


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [each for each in objects if each["kind"] == kind]


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for each in objects:
        if "template" in each.get("spec", {}):
            yield each["metadata"]["name"], each["spec"]["template"]


def environment(template: Object) -> dict[str, Any]:
    [container] = template["spec"]["containers"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_every_object_keeps_to_kubernetes_own_schema(rendered: Rendered) -> None:
    objects = rendered()
    for each in objects:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    assert {each["kind"] for each in objects} == {
        "ConfigMap",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "ServiceAccount",
        "StatefulSet",
    }


def test_a_step_that_goes_on_is_a_stateful_set_of_its_slots(rendered: Rendered) -> None:
    sets = {each["metadata"]["name"]: each for each in of_kind(rendered(), "StatefulSet")}
    assert set(sets) == {"hot-r2-filter", "hot-r2-print"}
    filter = sets["hot-r2-filter"]
    assert filter["spec"]["replicas"] == 3
    told = environment(filter["spec"]["template"])
    assert told["AMML_SLOTS"] == "3"
    where = "metadata.labels['apps.kubernetes.io/pod-index']"
    assert told["AMML_SLOT"] == {"fieldRef": {"fieldPath": where}}


def test_a_step_that_ends_is_a_job_that_its_own_fault_ends(rendered: Rendered) -> None:
    jobs = of_kind(rendered(), "Job")
    assert len(jobs) == 3
    for job in jobs:
        spec = job["spec"]
        assert spec["completionMode"] == "Indexed"
        assert spec["completions"] == spec["parallelism"] == 1
        assert spec["template"]["spec"]["restartPolicy"] == "Never"
        assert spec["podReplacementPolicy"] == "Failed"
        fault, moved = spec["podFailurePolicy"]["rules"]
        assert fault["action"] == "FailJob" and fault["onExitCodes"]["values"] == [2]
        assert moved["action"] == "Ignore"


def test_a_step_without_slots_pauses(rendered: Rendered) -> None:
    plan = Plan("amml", "hot", 2, False, "text", STEPS, ())
    steps = [{**each, "slots": 0} for each in values(plan, PLATFORM, {})["steps"]]
    objects = rendered(steps=steps)
    assert {each["spec"]["replicas"] for each in of_kind(objects, "StatefulSet")} == {0}
    for job in of_kind(objects, "Job"):
        assert job["spec"]["suspend"] is True
        assert job["spec"]["completions"] == 1  # none would count as completed
    assert not any(job["spec"]["suspend"] for job in of_kind(rendered(), "Job"))


def test_a_job_that_is_told_to_stop_does_not_count_as_completed(rendered: Rendered) -> None:
    for job in of_kind(rendered(), "Job"):
        assert int(environment(job["spec"]["template"])["AMML_STOPPED_CODE"]) > 2
    for each in of_kind(rendered(), "StatefulSet"):
        assert "AMML_STOPPED_CODE" not in environment(each["spec"]["template"])


def test_the_specification_arrives_to_the_letter(rendered: Rendered) -> None:
    found = {each["data"]["spec.json"] for each in of_kind(rendered(), "ConfigMap")}
    plan = Plan("amml", "hot", 2, False, "text", STEPS, ())
    assert found == {each["spec"] for each in values(plan, PLATFORM, {})["steps"]}


def test_every_pod_is_restricted(rendered: Rendered, restricted: Restricted) -> None:
    for name, template in pods(rendered()):
        restricted(name, template["spec"])


def test_only_steps_that_ask_the_control_api_hold_its_token(rendered: Rendered) -> None:
    holders = {
        template["metadata"]["annotations"]["amml/label"]
        for _, template in pods(rendered())
        if any("secret" in volume for volume in template["spec"]["volumes"])
    }
    assert holders == {"read", "train_lstm"}


def test_what_gets_into_kafka_is_mounted_by_reference(rendered: Rendered) -> None:
    for name, template in pods(rendered(platform={"kafkaSecret": "my-kafka"})):
        [volume] = [each for each in template["spec"]["volumes"] if each["name"] == "kafka"]
        assert volume["secret"]["secretName"] == "my-kafka", name
        mounts = template["spec"]["containers"][0]["volumeMounts"]
        assert {"name": "kafka", "mountPath": "/run/secrets/kafka", "readOnly": True} in mounts


def test_no_secret_is_written_into_the_release(rendered: Rendered) -> None:
    assert not of_kind(rendered(), "Secret")


def test_a_probe_never_ends_a_step_that_restores(rendered: Rendered) -> None:
    """Its port answers after the restore, however long that takes; a frozen one has minutes."""
    for name, template in pods(rendered()):
        [container] = template["spec"]["containers"]
        start, live = container["startupProbe"], container["livenessProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] >= 3600, name
        assert live["periodSeconds"] * live["failureThreshold"] >= 300, name
        for probe in (start, live, container["readinessProbe"]):
            assert probe["httpGet"] == {"path": "/metrics", "port": "metrics"}, name


def test_the_network_is_closed_but_for_what_steps_need(rendered: Rendered) -> None:
    general, control = of_kind(rendered(), "NetworkPolicy")
    assert general["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert general["spec"]["podSelector"] == {"matchLabels": {"amml/workflow": "hot"}}
    assert [ports(rule) for rule in general["spec"]["ingress"]] == [[9400]]
    assert [ports(rule) for rule in general["spec"]["egress"]] == [[53, 53], [9092]]
    asking = {"amml/workflow": "hot", "amml/control": "true"}
    assert control["spec"]["podSelector"] == {"matchLabels": asking}
    assert [ports(rule) for rule in control["spec"]["egress"]] == [[8800]]


def ports(rule: Object) -> list[int]:
    return [each["port"] for each in rule["ports"]]


def test_peers_narrow_the_network_further(rendered: Rendered) -> None:
    peer = [{"podSelector": {"matchLabels": {"app": "kafka"}}}]
    network = {"kafka": {"ports": [9093], "to": peer}, "metrics": {"from": peer}}
    general, _ = of_kind(rendered(network=network), "NetworkPolicy")
    assert general["spec"]["egress"][1]["to"] == peer
    assert general["spec"]["ingress"][0]["from"] == peer


def test_each_set_may_lose_one_slot_at_a_time(rendered: Rendered) -> None:
    objects = rendered()
    budgets = of_kind(objects, "PodDisruptionBudget")
    assert {each["spec"]["maxUnavailable"] for each in budgets} == {1}
    sets = of_kind(objects, "StatefulSet")
    assert [each["spec"]["selector"] for each in budgets] == [
        each["spec"]["selector"] for each in sets
    ]


def test_slots_are_spread_over_the_nodes(rendered: Rendered) -> None:
    for name, template in pods(rendered()):
        [spread] = template["spec"]["topologySpreadConstraints"]
        assert spread["topologyKey"] == "kubernetes.io/hostname", name
        own = spread["labelSelector"]["matchLabels"]
        assert own.items() <= template["metadata"]["labels"].items(), name


def test_what_a_step_is_told_of_others_restarts_it_only_if_it_changes(rendered: Rendered) -> None:
    quiet = {"monitor": {"enabled": True, "interval": "5s"}, "network": {"enabled": False}}
    assert list(pods(rendered())) == list(pods(rendered(**quiet)))
    assert list(pods(rendered())) != list(pods(rendered(environment={"A": "1"})))


def test_a_pod_monitor_is_there_when_asked_for(rendered: Rendered) -> None:
    [monitor] = of_kind(rendered(monitor={"enabled": True, "interval": "5s"}), "PodMonitor")
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": "metrics", "interval": "5s"}


def test_images_come_from_the_registry_that_is_named(rendered: Rendered) -> None:
    objects = rendered(image={"registry": "registry.example:5000", "tag": "0.1.0"})
    images = {template["spec"]["containers"][0]["image"] for _, template in pods(objects)}
    assert images == {
        f"registry.example:5000/amml/{name}:0.1.0"
        for name in ("ingress", "progress", "train", "egress")
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": []}, "steps"),
        ({"surprise": 1}, "surprise"),
        ({"workflow": "Hot_"}, "workflow"),
        ({"temporary": "much"}, "temporary"),
        ({"image": {"tag": "a b"}}, "tag"),
    ],
)
def test_values_that_no_plan_gives_are_refused(rendered: Rendered, wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rendered(**wrong)


def test_a_step_gets_the_secrets_it_asks_for_and_the_way_out(rendered: Rendered) -> None:
    arguments = {"url": "mqtts://broker", "password": {"secret": "broker"}}
    mqtt = step("mqtt", "amml_ingress.mqtt:Mqtt", "read", arguments=arguments)
    objects = rendered(planned=(*STEPS, mqtt))
    by_name = {each["metadata"]["name"]: each for each in of_kind(objects, "StatefulSet")}
    volumes = {
        name: [
            v["secret"]
            for v in each["spec"]["template"]["spec"]["volumes"]
            if v["name"] == "secrets"
        ]
        for name, each in by_name.items()
    }
    items = [{"key": "broker", "path": "broker"}]
    found = volumes.pop("hot-r2-mqtt")
    assert found == [{"secretName": "amml-secrets", "defaultMode": 288, "items": items}]
    assert set(map(len, volumes.values())) == {0}
    policy = next(
        each for each in of_kind(objects, "NetworkPolicy") if each["metadata"]["name"] == "amml-hot"
    )
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert ports == [53, 53, 9092, 8883]
