"""What a step reaches beside Kafka and the control API: other servers, and secrets for them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from amml_runtime.declaration import needs_of
from amml_runtime.registry import load
from amml_runtime.secrets import REFERENCE
from amml_runtime.spec import StepSpec

_DATANODE = 9864  # to which a NameNode sends its clients
_WRITER = "amml_egress._shared.lake_writer:LakeWriter"
_PORTS = {"postgresql": 5432, "postgres": 5432, "mqtt": 1883, "mqtts": 8883}


def secrets_of(step: StepSpec) -> tuple[str, ...]:
    """The names of the secrets that a step asks for, as `secret("name")` or `${secret:name}`."""
    found: set[str] = set()
    for key, value in _pairs(step.to_json()):
        if isinstance(value, str):
            found.update(REFERENCE.findall(value))
            if key == "secret":
                found.add(value)
    return tuple(sorted(found))


def ports_of(step: StepSpec) -> tuple[int, ...]:
    """The ports of the databases and brokers that its URLs name."""
    said = [(key, v) for key, v in _pairs(step.to_json()) if isinstance(v, str)]
    parts = [urlsplit(v) for key, v in said if key == "url"]
    lakes = [urlsplit(v) for key, v in said if key == "lake" and v.startswith("webhdfs:")]
    ports = {each.port or _PORTS[each.scheme] for each in parts}
    ports |= {int(port) for each in lakes for port in re.findall(r":(\d+)", each.netloc)}
    return tuple(sorted(ports | ({_DATANODE} if lakes else set())))


def uses_lake(step: StepSpec) -> bool:
    """Whether its process reads or writes the platform's lake itself."""
    return any(
        stage.resources.get("entry", {}).get("kind") == "lake"
        or _WRITER in needs_of(load(stage.component)).values()
        for stage in step.stages
    )


def _pairs(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a document, with the name it has there."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _pairs(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _pairs(each, key)
    else:
        yield key, value
