"""The kubernetes backend: a Helm release for each workflow, of the chart `helm/workflow`.

Nobody of ours watches there: Kubernetes itself keeps the pods, and `amml deploy`, repeated,
finishes what a killed one has begun.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from amml_deploy.backends import Applied, topics
from amml_deploy.backends.kubernetes_commands import Cluster, Object
from amml_deploy.backends.kubernetes_logs import followed
from amml_deploy.backends.kubernetes_report import hindrance, is_ready, slot_of, spec_of, workers
from amml_deploy.backends.kubernetes_values import labels_of, release_of, spec_digest, values
from amml_deploy.backends.kubernetes_way import make_way
from amml_deploy.backends.programs import ProgramError
from amml_deploy.backends.recording import forget, record, reported
from amml_deploy.control import Control, bootstrap_of, home_of, workflow_of
from amml_deploy.errors import UserError
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.settings import Settings
from amml_deploy.reachable import check_broker
from amml_deploy.scrape import Samples, parse
from amml_deploy.step_logs import Line
from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Wish
from amml_runtime.spec import Plan

PLATFORM = "amml-platform"
METRICS_PORT = 9400

_STALE = "the cluster has another version: `amml deploy` again finishes what was begun"
_LOG_LINES = 8
_LOOK_EVERY = 2.0  # seconds; a look costs the cluster a request a pod


class Kubernetes:
    """Workflows as pods of a Kubernetes cluster.

    Parameters:
        control: the control API of the platform there, as it is reached from here.
        environ: `AMML_KAFKA` is the broker as it is reached from here, `AMML_NAMESPACE` the
            namespace of the platform, `AMML_REGISTRY` and `AMML_TAG` the images, `AMML_VALUES` a
            file with further values, `AMML_CHARTS` where the charts lie.
    """

    watched: ClassVar[bool] = False

    def __init__(
        self, control: Control, environ: Mapping[str, str], cluster: Cluster | None = None
    ) -> None:
        self._control = control
        self._environ = environ
        self._cluster = cluster or Cluster(environ.get("AMML_NAMESPACE", ""))
        self._looked: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """Record the plan, make its topics, stop what must not go on, and upgrade the release.

        Errors: ControlError, somebody else deployed since the plan was made; ProgramError;
            UserError, there is no platform in the namespace.
        """
        platform, chart = self._platform(), _chart(self._environ)
        check_broker(self._kafka)
        applied = record(self._control, plan, settings, expected_version)
        # From here on it is what was recorded that is carried out, whoever recorded it.
        document = self._control.get(f"/workflows/{plan.workflow}")
        plan = Plan.from_json(document["plan"])
        topics.make(self._kafka, plan.topics)
        make_way(self._cluster, plan)
        self._upgrade(plan, platform, chart, document["version"])
        self._looked.clear()
        return applied

    def remove(self, workflow: str, keep_data: bool) -> None:
        """Remove the release, then topics, then the record: a killed one is simply repeated."""
        self._cluster.check()
        check_broker(self._kafka)
        document = self._control.get(f"/workflows/{workflow}")
        self._cluster.uninstall(release_of(workflow))
        self._cluster.wait_until_gone("pod", labels_of(workflow))
        if not keep_data:
            topics.remove(self._kafka, document["plan"]["prefix"], workflow)
        forget(self._control, workflow, keep_data)
        self._looked.clear()

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The workflow's document, with a report of its pods, at most two seconds old.

        Where the cluster does not answer it is the last report, which grows old, and why.
        """
        document = self._control.find(f"/workflows/{workflow}")
        if document is None:
            return None
        at, said = self._looked.get(workflow, (0.0, {}))
        if time.monotonic() > at + _LOOK_EVERY or said["version"] != document["version"]:
            try:
                said = self._look(document)
            except ProgramError as error:
                return {**document, "status": {**(document["status"] or {}), "message": str(error)}}
            self._looked[workflow] = time.monotonic(), said
        return reported(self._control, document, said)

    def logs(
        self, workflow: str, label: str | None, last: int, follow: bool = False
    ) -> Iterator[Line]:
        """The ends of the pods' logs; following, those of the pods that run now, until they end.

        Errors: UserError, there is no such workflow or step.
        """
        self._cluster.check()
        document = workflow_of(self._control, workflow)
        known = [step["label"] for step in document["plan"]["steps"]]
        if label not in (None, *known):
            raise UserError(f"`{workflow}` has no step `{label}`; {suggestion(str(label), known)}")
        wanted = known if label is None else [label]  # of an earlier run there may be others
        pods = [pod for pod in self._pods(workflow) if slot_of(pod).label in wanted]
        pods.sort(key=lambda pod: (wanted.index(slot_of(pod).label), slot_of(pod).number))
        return followed(self._cluster, pods, last) if follow else self._ends(pods, last)

    @property
    def _kafka(self) -> str:
        """The broker, as this command reaches it."""
        return bootstrap_of(home_of(self._environ), self._environ)

    def _platform(self) -> Mapping[str, str]:
        """What the pods are told of the platform."""
        self._cluster.check()
        found = self._cluster.find("configmap", PLATFORM)
        if not found:
            raise UserError(
                f"no platform in the namespace: there is no ConfigMap `{PLATFORM}`. Install it "
                "with `helm install amml helm/amml`, or name its namespace in AMML_NAMESPACE"
            )
        return found[0]["data"]

    def _upgrade(self, plan: Plan, platform: Mapping[str, str], chart: Path, version: int) -> None:
        more = [file for file in [self._environ.get("AMML_VALUES")] if file]
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(values(plan, platform, self._environ), file)
            file.flush()
            description = f"version {version}, run {plan.run}"
            self._cluster.upgrade(
                release_of(plan.workflow), str(chart), description, file.name, *more
            )

    def _look(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the supervisor would report of the workflow."""
        wish, plan = Wish.of(document), Plan.from_json(document["plan"])
        pods, labels = self._pods(wish.name), labels_of(wish.name)
        jobs = self._cluster.find("job", "-l", labels)
        sets = self._cluster.find("statefulset", "-l", labels)
        specs = {step.label: spec_digest(step) for step in plan.steps}
        stale = {spec_of(each) for each in [*sets, *jobs]} != set(specs.values())
        figures = self._figures([pod for pod in pods if is_ready(pod)])
        known = list(workers(pods, jobs, wish, specs, figures, self._log_end))
        return report(wish, known, _STALE if stale else hindrance(pods))

    def _pods(self, workflow: str) -> list[Object]:
        return self._cluster.find("pod", "-l", labels_of(workflow))

    def _figures(self, pods: list[Object]) -> dict[str, Samples]:
        """What each pod tells Prometheus, asked all at once."""

        def ask(pod: Object) -> tuple[str, Samples]:
            return pod["metadata"]["name"], parse(self._cluster.figures(pod, METRICS_PORT))

        with ThreadPoolExecutor(max_workers=8) as pool:
            return dict(pool.map(ask, pods))

    def _log_end(self, pod: str) -> list[str]:
        return self._cluster.log(pod, _LOG_LINES)

    def _ends(self, pods: list[Object], last: int) -> Iterator[Line]:
        for pod in pods:
            for text in self._cluster.log(pod["metadata"]["name"], last):
                yield Line(*slot_of(pod), text)


def _chart(environ: Mapping[str, str]) -> Path:
    """The chart of a workflow: in `AMML_CHARTS`, or in the checkout that this program runs from."""
    charts = environ.get("AMML_CHARTS") or Path(__file__).parents[3] / "helm"
    chart = Path(charts) / "workflow"
    if not (chart / "Chart.yaml").is_file():
        raise UserError(
            f"there is no chart at {chart}: name the folder `helm` of the project in AMML_CHARTS"
        )
    return chart
