"""From a plan to the values of the chart `helm/workflow`: a pure function."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from amml_deploy.backends.images import image_of
from amml_deploy.backends.outside import ports_of, secrets_of, uses_lake
from amml_runtime.declaration import needs_of
from amml_runtime.registry import load
from amml_runtime.settings import SMALL
from amml_runtime.spec import Plan, StepSpec

LONGEST = 52  # a StatefulSet adds eleven characters, and a label has 63 at the most

_ASKED_OF_CONTROL = {"files", "models", "datasets"}


def values(plan: Plan, platform: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Any]:
    """The values of the release that carries out a plan.

    Parameters:
        platform: what pods are told of it: `AMML_KAFKA`, `AMML_CONTROL`, perhaps `AMML_LAKE_PORTS`
            and `AMML_KAFKA_SECRET`.
        environ: `AMML_REGISTRY` and `AMML_TAG` say where the images come from.
    """
    addresses = [f"kafka://{each.strip()}" for each in platform["AMML_KAFKA"].split(",")]
    return {
        "workflow": name_of(plan.workflow),
        "run": plan.run,
        "image": {
            "registry": environ.get("AMML_REGISTRY", "").rstrip("/"),
            "tag": environ.get("AMML_TAG") or "dev",
        },
        "platform": {"kafkaSecret": platform.get("AMML_KAFKA_SECRET", "")},
        "network": {
            "kafka": {"ports": _ports(addresses, 9092)},
            "control": {"ports": _ports([platform["AMML_CONTROL"]], 80)},
            "outside": {
                "ports": sorted({p for step in plan.steps for p in _outside(step, platform)})
            },
        },
        "environment": dict(SMALL),
        "steps": [_step(step) for step in plan.steps],
    }


def release_of(workflow: str) -> str:
    """The name of a workflow's release: never that of another program.

    >>> release_of("hot")
    'amml-hot'
    """
    return name_of(f"amml-{workflow}")


def labels_of(workflow: str) -> str:
    """What selects all objects of a workflow.

    >>> labels_of("hot")
    'amml/workflow=hot'
    """
    return f"amml/workflow={name_of(workflow)}"


def object_of(step: StepSpec) -> str:
    """The name of what runs a step in Kubernetes.

    A Job cannot be changed, so another specification is another Job.
    """
    words = f"{step.workflow}-r{step.run}-{step.label}"
    return _short(words, spec_digest(step)[:8]) if ends(step) else name_of(words)


def name_of(text: str) -> str:
    """`text` as Kubernetes allows names, still one of its own.

    >>> name_of("hot-r1-filter"), name_of("hot-r1-mean_std")
    ('hot-r1-filter', 'hot-r1-mean-std-20d5bdf6')
    """
    if len(text) <= LONGEST and _plain(text) == text:
        return text
    return _short(text, _digest(text))


def ends(step: StepSpec) -> bool:
    """Whether a step completes by itself, so that it is not to be started again."""
    return step.bounded or step.mode in ("fit", "train")


def spec_digest(step: StepSpec) -> str:
    """The SHA-256 of a step's specification as the chart writes it into the pods."""
    return hashlib.sha256(_text(step).encode()).hexdigest()


def _step(step: StepSpec) -> dict[str, Any]:
    return {
        "name": object_of(step),
        "label": step.label,
        "kind": "Job" if ends(step) else "StatefulSet",
        "image": image_of(step),
        "slots": step.slots,
        "control": _asks_control(step),
        "secrets": list(secrets_of(step)),
        "spec": _text(step),
    }


def _outside(step: StepSpec, platform: Mapping[str, str]) -> list[int]:
    """The ports beside Kafka's and the control API's: what its URLs name, and HDFS's."""
    lake = platform.get("AMML_LAKE_PORTS", "").split(",") if uses_lake(step) else ()
    return [*ports_of(step), *(int(each) for each in lake if each)]


def _text(step: StepSpec) -> str:
    """The specification as text: YAML and templates would round its numbers."""
    return json.dumps(step.to_json(), sort_keys=True)


def _asks_control(step: StepSpec) -> bool:
    """Whether its process needs the control API, and so the token."""
    needs = {need for stage in step.stages for need in needs_of(load(stage.component)).values()}
    return step.mode == "train" or bool(needs & _ASKED_OF_CONTROL)


def _ports(urls: Iterable[str], default: int) -> list[int]:
    return sorted({urlsplit(url).port or default for url in urls})


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def _short(text: str, digest: str) -> str:
    """As much of a text as a name can hold, and the digest that tells it from others."""
    return f"{_plain(text)[: LONGEST - len(digest) - 1].rstrip('-')}-{digest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
