"""`helm/amml` as Kubernetes would get it: by address, or with instances to develop with."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import kubernetes_validate
import pytest

Object: TypeAlias = dict[str, Any]
Restricted: TypeAlias = Callable[[str, dict[str, Any]], None]
Rendered: TypeAlias = Callable[[Mapping[str, Any]], list[Object]]

KUBERNETES = "1.34"

FOREIGN: dict[str, Any] = {
    "token": {"secret": "my-token"},
    "kafka": {
        "address": "kafka-1:9093,kafka-2:9093",
        "settings": {"AMML_KAFKA_PROTOCOL": "SASL_SSL"},
        "secret": "my-kafka",
    },
    "database": {"secret": "my-database"},
    "hdfs": {"url": "http://namenode:9870"},
}
DEVELOPMENT: dict[str, Any] = {
    name: {"development": {"enabled": True, "storage": "1Gi"}}
    for name in ("kafka", "database", "hdfs")
} | {"connect": {"development": {"enabled": True}, "secret": "my-passwords"}}
BOTH = pytest.mark.parametrize("given", [FOREIGN, DEVELOPMENT], ids=["foreign", "development"])


@pytest.fixture
def rendered(render: Any) -> Rendered:
    return lambda values: render("amml", "amml", values)


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [each for each in objects if each["kind"] == kind]


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for each in objects:
        if "template" in each.get("spec", {}):
            yield each["metadata"]["name"], each["spec"]["template"]


def told(objects: list[Object]) -> dict[str, str]:
    """What steps and commands are told of the platform."""
    [found] = [each for each in objects if each["metadata"]["name"] == "amml-platform"]
    return found["data"]


@BOTH
def test_every_object_keeps_to_kubernetes_own_schema(rendered: Rendered, given: Any) -> None:
    for each in rendered(given):
        kubernetes_validate.validate(each, KUBERNETES, strict=True)


@BOTH
def test_every_pod_is_restricted(rendered: Rendered, restricted: Restricted, given: Any) -> None:
    for name, template in pods(rendered(given)):
        spec = template["spec"]
        restricted(name, spec)
        assert spec["securityContext"]["runAsUser"] > 0, name
        for container in spec["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name


def test_foreign_servers_are_named_and_none_is_started(rendered: Rendered) -> None:
    objects = rendered(FOREIGN)
    assert [name for name, _ in pods(objects)] == ["amml-model-manager"]
    assert told(objects) == {
        "AMML_KAFKA": "kafka-1:9093,kafka-2:9093",
        "AMML_CONTROL": "http://amml-model-manager:8800",
        "AMML_LAKE": "webhdfs://amml@namenode:9870/amml/lake",
        "AMML_LAKE_PORTS": "9870,9864",
        "AMML_KAFKA_PROTOCOL": "SASL_SSL",
        "AMML_KAFKA_SECRET": "my-kafka",
    }


def test_development_instances_are_told_of_like_foreign_ones(rendered: Rendered) -> None:
    objects = rendered(DEVELOPMENT)
    assert told(objects)["AMML_KAFKA"] == "amml-kafka:9092"
    names = {name for name, _ in pods(objects)}
    servers = ("model-manager", "kafka", "postgres", "hdfs", "connect")
    assert names == {f"amml-{each}" for each in servers}


@pytest.mark.parametrize(
    ("missing", "said"),
    [("kafka", "kafka.address"), ("database", "database.secret"), ("hdfs", "hdfs.url")],
)
def test_a_server_that_is_nowhere_is_asked_for(rendered: Rendered, missing: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rendered({name: value for name, value in FOREIGN.items() if name != missing})


def test_secrets_are_made_only_where_none_is_named(rendered: Rendered) -> None:
    assert not of_kind(rendered(FOREIGN), "Secret")
    assert {each["metadata"]["name"] for each in of_kind(rendered(DEVELOPMENT), "Secret")} == {
        "amml-token",
        "amml-postgres",
    }


def test_secrets_differ_from_one_installation_to_the_next(rendered: Rendered) -> None:
    one, two = (of_kind(rendered(DEVELOPMENT), "Secret") for _ in range(2))
    for first, second in zip(one, two, strict=True):
        for name, secret in first["stringData"].items():
            assert len(secret) >= 48
            assert second["stringData"][name] != secret


def test_the_url_of_the_database_holds_its_password(rendered: Rendered) -> None:
    [found] = [
        each["stringData"]
        for each in of_kind(rendered(DEVELOPMENT), "Secret")
        if each["metadata"]["name"] == "amml-postgres"
    ]
    assert found["url"] == f"postgresql://amml:{found['password']}@amml-postgres:5432/amml"


def test_no_secret_reaches_an_environment_or_a_command_by_value(rendered: Rendered) -> None:
    objects = rendered(DEVELOPMENT)
    secrets = {text for each in of_kind(objects, "Secret") for text in each["stringData"].values()}
    others = str([each for each in objects if each["kind"] != "Secret"])
    assert not [secret for secret in secrets if secret in others]


def test_the_password_of_kafka_is_no_setting(rendered: Rendered) -> None:
    kafka = FOREIGN["kafka"] | {"settings": {"AMML_KAFKA_PASSWORD": "canary"}}
    with pytest.raises(ValueError, match="AMML_KAFKA_PASSWORD"):
        rendered(FOREIGN | {"kafka": kafka})


@BOTH
def test_all_is_denied_that_no_policy_allows(rendered: Rendered, given: Any) -> None:
    objects = rendered(given)
    policies = {
        each["metadata"]["name"]: each["spec"] for each in of_kind(objects, "NetworkPolicy")
    }
    general = policies.pop("amml")
    assert general["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in general
    for name, template in pods(objects):
        labels = template["metadata"]["labels"]
        assert general["podSelector"]["matchLabels"].items() <= labels.items(), name
        assert policies[name]["podSelector"]["matchLabels"].items() <= labels.items(), name


def test_only_the_control_api_reaches_the_database(rendered: Rendered) -> None:
    objects = rendered(DEVELOPMENT)
    [policy] = [
        each["spec"]
        for each in of_kind(objects, "NetworkPolicy")
        if each["metadata"]["name"] == "amml-postgres"
    ]
    [peer] = policy["ingress"][0]["from"]
    wanted = peer["podSelector"]["matchLabels"]
    reached = {
        name
        for name, template in pods(objects)
        if wanted.items() <= template["metadata"]["labels"].items()
    }
    assert reached == {"amml-model-manager"}


def test_every_service_finds_its_pods_and_their_ports(rendered: Rendered) -> None:
    objects = rendered(DEVELOPMENT)
    for service in of_kind(objects, "Service"):
        selector = service["spec"]["selector"]
        [template] = [
            template
            for _, template in pods(objects)
            if selector.items() <= template["metadata"]["labels"].items()
        ]
        named = {
            port["name"]
            for container in template["spec"]["containers"]
            for port in container["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_clients_outside_the_cluster_reach_kafka_where_it_says(rendered: Rendered) -> None:
    external = {"host": "10.244.0.1", "port": 30099, "nodePort": True}
    kafka = {"development": {"enabled": True, "external": external}}
    objects = rendered(DEVELOPMENT | {"kafka": kafka})
    [config] = [
        each["data"]["server.properties"]
        for each in of_kind(objects, "ConfigMap")
        if each["metadata"]["name"] == "amml-kafka"
    ]
    assert "OUTSIDE://10.244.0.1:30099" in config
    [service] = [
        each["spec"]
        for each in of_kind(objects, "Service")
        if each["metadata"]["name"] == "amml-kafka"
    ]
    assert service["type"] == "NodePort"
    assert service["ports"][1]["nodePort"] == 30099


@pytest.mark.parametrize(
    "wrong",
    [
        {"surprise": 1},
        {"hdfs": {"url": "namenode:9870"}},
        {"kafka": {"address": "kafka"}},
        {"modelManager": {"replicas": 0}},
    ],
)
def test_values_without_a_meaning_are_refused(rendered: Rendered, wrong: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        rendered(FOREIGN | wrong)


def test_only_the_control_api_gets_to_the_connect_worker(rendered: Rendered) -> None:
    """Its REST API asks for no token."""
    policies = of_kind(rendered(DEVELOPMENT), "NetworkPolicy")
    [found] = [each for each in policies if each["metadata"]["name"] == "amml-connect"]
    [rule] = found["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "model-manager"
    [rule] = found["spec"]["egress"]
    assert [each["port"] for each in rule["ports"]] == [3306, 5432, 9092]


def test_the_control_api_is_told_of_the_connect_worker(rendered: Rendered) -> None:
    def told_of(values: Mapping[str, Any]) -> list[str]:
        [pod] = [pod for name, pod in pods(rendered(values)) if name == "amml-model-manager"]
        environ = pod["spec"]["containers"][0]["env"]
        return [each["value"] for each in environ if each["name"] == "AMML_CONNECT"]

    assert told_of(FOREIGN) == []
    assert told_of({**FOREIGN, "connect": {"url": "http://mine:8083"}}) == ["http://mine:8083"]
    assert told_of(DEVELOPMENT) == ["http://amml-connect:8083"]


def test_a_worker_that_could_not_get_into_kafka_is_refused(rendered: Rendered) -> None:
    with pytest.raises(ValueError, match="run a worker of your own and give connect.url"):
        rendered({**FOREIGN, "connect": {"development": {"enabled": True}}})
