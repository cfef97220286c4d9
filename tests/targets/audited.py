"""A workflow on any target whose processes are killed while it is fed, and audited at the end.

    amml up
    python -m tests.targets.audited --target local --seconds 60 --every 5
    python -m tests.targets.audited --target kubernetes --seconds 300 --every 20

The same seed gives the same input everywhere, and the auditor knows what every row has to be. The
target is where `amml` finds it (`AMML_HOME`, `AMML_CONTROL`, `KUBECONFIG`, ...). Exit code 1 at any
anomaly.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from amml_deploy.backends.choosing import backend
from amml_deploy.control import Control, bootstrap_of, from_environment, home_of
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import Plan, TopicSpec

AUDIT = Path(__file__).parents[1] / "audit"
PARTITIONS, KEYS, RATE = 2, 25, 300
TEXT = 'topic name="{raw}" | filter value > 20 | key by=key | mean_std | print'
MEANS = {"name": "running_mean", "above": 20}

Kill = Callable[[str, str, int], None]


def main() -> int:
    """Deploy, feed, strike, audit; 1 if the auditor found anything."""
    given = _arguments()
    name = f"t{uuid.uuid4().hex[:8]}"
    raw, kafka = f"{name}.raw", bootstrap_of(home_of(os.environ), os.environ)
    create_topics(kafka, [TopicSpec(raw, PARTITIONS)])
    try:
        text = TEXT.format(raw=raw)
        words = ["--target", given.target, "--partitions", str(PARTITIONS)]
        _amml("deploy", name, text, *words, "--set", "topic.from=start", "--wait")
        begun = time.monotonic()
        written = _fed(kafka, raw, given.seed, lambda: _struck(name, given))
        print(f"{written} records in {time.monotonic() - begun:.0f} s", flush=True)
        with from_environment() as control:
            plan = Plan.from_json(control.get(f"/workflows/{name}")["plan"])
        return _audited(_case(kafka, plan, raw, given.seed, written))
    finally:
        _amml("undeploy", name, "--yes")
        remove_prefix(kafka, raw)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--target", choices=KILLS, default="local")
    parser.add_argument("--seconds", type=float, default=60, help="how long it is fed")
    parser.add_argument("--every", type=float, default=20, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _amml(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "amml_deploy", *words], check=True, timeout=600)


def _fed(kafka: str, raw: str, seed: int, meanwhile: Callable[[], None]) -> int:
    """Feed the topic while something else goes on; how many records that were."""
    words = ["--kafka", kafka, "--topic", raw, "--partitions", str(PARTITIONS), "--keys", str(KEYS)]
    words += ["--seed", str(seed), "--rows", "10000000", "--rate", str(RATE)]
    command = [sys.executable, str(AUDIT / "generator.py"), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as feeding:
        try:
            meanwhile()
        finally:
            feeding.send_signal(signal.SIGTERM)
        said, _ = feeding.communicate(timeout=60)
    return int(said.split()[0])


def _struck(name: str, given: argparse.Namespace) -> None:
    """A random process dies, time and again."""
    chance, end = random.Random(given.seed), time.monotonic() + given.seconds
    killed = 0
    with from_environment() as control:
        while time.monotonic() + given.every < end:
            time.sleep(given.every)
            label, slot = _chosen(control, name, given.target, chance)
            KILLS[given.target](name, label, slot)
            killed += 1
            print(f"{killed}: {label}.{slot} is killed", flush=True)
        time.sleep(max(0.0, end - time.monotonic()))


def _chosen(control: Control, name: str, target: str, chance: random.Random) -> tuple[str, int]:
    """A slot that runs."""
    while True:
        found = backend(target, control, os.environ).status(name)
        steps: Mapping[str, Any] = ((found or {}).get("status") or {}).get("steps", {})
        running = [
            (label, slot["slot"])
            for label, slots in steps.items()
            for slot in slots
            if slot["state"] == "running"
        ]
        if running:
            return chance.choice(running)
        time.sleep(0.5)


def _kill_process(name: str, label: str, slot: int) -> None:
    with from_environment() as control:
        slots = control.get(f"/workflows/{name}")["status"]["steps"][label]
    os.kill(next(each["pid"] for each in slots if each["slot"] == slot), signal.SIGKILL)


def _kill_container(name: str, label: str, slot: int) -> None:
    told = [f"label=amml.label={label}", f"label=amml.slot={slot}"]
    filters = [word for each in told for word in ("--filter", each)]
    shown = '{{.ID}} {{.Label "com.docker.compose.project"}}'
    lines = _said("docker", "ps", *filters, "--format", shown).splitlines()
    [id] = [line.split()[0] for line in lines if line.endswith(f"-{name}")]
    # from outside, as one that Docker itself kills would stay down
    os.kill(int(_said("docker", "inspect", "-f", "{{.State.Pid}}", id)), signal.SIGKILL)


def _kill_pod(name: str, label: str, slot: int) -> None:
    namespace = ["--namespace", os.environ["AMML_NAMESPACE"]]
    found = _said("kubectl", *namespace, "get", "pods", "-l", f"amml/workflow={name}", "-o", "json")
    [pod] = [
        pod["metadata"]["name"]
        for pod in json.loads(found)["items"]
        if pod["metadata"]["annotations"]["amml/label"] == label
        and pod["metadata"]["labels"].get("apps.kubernetes.io/pod-index") == str(slot)
    ]
    _said("kubectl", *namespace, "delete", "pod", pod, "--force", "--grace-period=0")


KILLS: dict[str, Kill] = {
    "local": _kill_process,
    "compose": _kill_container,
    "kubernetes": _kill_pod,
}


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def _case(kafka: str, plan: Plan, raw: str, seed: int, written: int) -> dict[str, Any]:
    """What the auditor is told."""
    step = {each.label: each for each in plan.steps}
    source = {"topic": raw, "partitions": PARTITIONS, "seed": seed, "keys": KEYS}
    reads = {
        each.name: [i.topic for i in each.inputs if i.kind == "main"]
        for each in plan.steps
        if each.mode in ("process", "write")
    }
    return {
        "kafka": kafka,
        "inputs": [source | {"rows": 10_000_000, "written": written}],
        "outputs": [{"topic": step["mean_std"].name, "format": "arrow", "expect": MEANS}],
        "steps": [
            {"name": each.name, "reads": reads[each.name], "changelog": each.changelog}
            for each in plan.steps
            if each.name in reads
        ],
        "states": [{"changelog": step["mean_std"].changelog, "fold": MEANS}],
        "dead_letters": {"topic": plan.steps[0].dead_letters},
    }


def _audited(case: Mapping[str, Any]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.json"
        file.write_text(json.dumps(case), encoding="utf-8")
        command = [sys.executable, str(AUDIT / "auditor.py"), str(file)]
        return subprocess.run(command, check=False, timeout=600).returncode


if __name__ == "__main__":
    sys.exit(main())
