"""The compose backend: one project a workflow, one container a slot, beside docker-compose.yml.

Nobody watches: Docker itself starts a crashed container again, and `amml deploy`, repeated, brings
back what else is missing.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from amml_deploy.backends import Applied, topics
from amml_deploy.backends.compose_file import Site, rendered, service
from amml_deploy.backends.compose_report import is_of, port_of, workers
from amml_deploy.backends.docker import Container, Docker
from amml_deploy.backends.outside import secrets_of
from amml_deploy.backends.programs import ProgramError
from amml_deploy.backends.recording import forget, record, reported
from amml_deploy.control import Control, bootstrap_of, home_of, workflow_of
from amml_deploy.errors import UserError
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.settings import Settings
from amml_deploy.platform import home as homes
from amml_deploy.reachable import check_broker
from amml_deploy.scrape import scrape
from amml_deploy.step_logs import Line
from amml_deploy.supervisor.folder import Folder
from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Wish
from amml_deploy.supervisor.worker import Worker
from amml_runtime.spec import Plan

_STALE = "some containers are of another version: `amml deploy` again finishes what was begun"
_LOG_LINES = 8
_LOGGED = re.compile(r"(?P<label>[a-z][a-z0-9_.]*)-(?P<slot>\d+)-\d+\s*\| ?(?P<text>.*)")


class Compose:
    """Workflows as containers of this machine's Docker engine.

    Parameters:
        control: the control API of the platform.
        environ: `AMML_HOME` is where projects are written; `AMML_KAFKA` the broker as it is
            reached from here; `Site` reads what the containers are told.
    """

    watched: ClassVar[bool] = False

    def __init__(
        self, control: Control, environ: Mapping[str, str], docker: Docker | None = None
    ) -> None:
        self._control = control
        self._environ = environ
        self._docker = docker or Docker()

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """Record the plan, make its topics, stop what is to change, and start what is missing.

        Errors: ControlError, somebody else deployed since the plan was made; ProgramError.
        """
        self._docker.check()
        check_broker(self._kafka)
        site = self._site(plan.workflow)
        self._check_network(site.network)
        applied = record(self._control, plan, settings, expected_version)
        # From here on it is what was recorded that is carried out, whoever recorded it.
        document = self._control.get(f"/workflows/{plan.workflow}")
        wish, plan = Wish.of(document), Plan.from_json(document["plan"])
        topics.make(self._kafka, plan.topics)
        self._write(plan, wish, site)
        self._end_changed(wish)
        self._start(wish, site)
        site.drop_old_specs(wish.steps)
        return applied

    def remove(self, workflow: str, keep_data: bool) -> None:
        """Remove containers, then topics, then the record: a killed one is simply repeated."""
        self._docker.check()
        check_broker(self._kafka)
        site, prefix = self._site(workflow), self._prefix(workflow)
        gone = ("down", "--remove-orphans", "--volumes")
        self._docker.run("compose", "--project-name", site.project, *gone)
        if not keep_data:
            topics.remove(self._kafka, prefix, workflow)
        shutil.rmtree(site.folder, ignore_errors=True)
        forget(self._control, workflow, keep_data)

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The workflow's document, with a report of its containers as they are now.

        Where Docker does not answer it is the last report, which grows old, and why.
        """
        document = self._control.find(f"/workflows/{workflow}")
        if document is None:
            return None
        wish = Wish.of(document)
        try:
            containers = self._containers(wish)
        except ProgramError as error:
            return {**document, "status": {**(document["status"] or {}), "message": str(error)}}
        message = "" if all(is_of(each, wish) for each in containers) else _STALE
        known = self._workers(wish, containers)
        return reported(self._control, document, report(wish, known, message))

    def logs(
        self, workflow: str, label: str | None, last: int, follow: bool = False
    ) -> Iterator[Line]:
        """The ends of the containers' logs.

        Errors: UserError, there is no such workflow or step.
        """
        wish = Wish.of(workflow_of(self._control, workflow))
        slots = [slot for slot in wish.slots() if label in (None, slot.label)]
        if not slots:
            there = suggestion(str(label), [step.label for step in wish.steps])
            raise UserError(f"`{workflow}` has no step `{label}`; {there}")
        return self._lines(wish, [service(slot) for slot in slots], last, follow)

    def _lines(
        self, wish: Wish, services: Iterable[str], last: int, follow: bool
    ) -> Iterator[Line]:
        options = ["--no-color", "--tail", str(last), *(["--follow"] if follow else [])]
        project = self._site(wish.name).project
        for line in self._docker.lines("compose", "-p", project, "logs", *options, *services):
            if match := _LOGGED.fullmatch(line):
                yield Line(match["label"], int(match["slot"]), match["text"])

    def _log_end(self, container: str) -> tuple[str, ...]:
        return tuple(self._docker.lines("logs", "--tail", str(_LOG_LINES), container))

    @property
    def _kafka(self) -> str:
        """The broker, as this command reaches it."""
        return bootstrap_of(home_of(self._environ), self._environ)

    def _site(self, workflow: str) -> Site:
        return Site.of(home_of(self._environ).absolute() / "compose" / workflow, self._environ)

    def _prefix(self, workflow: str) -> str:
        document = self._control.get(f"/workflows/{workflow}")
        return str(document["plan"]["prefix"])

    def _check_network(self, network: str) -> None:
        try:
            self._docker.run("network", "inspect", network)
        except ProgramError as error:
            raise UserError(
                f"there is no Docker network `{network}`: start the platform with "
                "`docker compose up --wait`, or name another one in AMML_COMPOSE_NETWORK"
            ) from error

    def _write(self, plan: Plan, wish: Wish, site: Site) -> None:
        """The project and the files it mounts, in a folder that only we may enter."""
        homes.prepare(home_of(self._environ))
        site.last_words.mkdir(parents=True, exist_ok=True)
        site.folder.chmod(0o700)
        site.last_words.chmod(0o777)  # the processes are another user
        site.write_specs(wish.steps)
        names = {name for step in plan.steps for name in secrets_of(step)}
        site.write_secrets(self._control.token, sorted(names))
        text = json.dumps(rendered(plan, site), indent=1)
        site.file.write_text(text.replace("$", "$$"), encoding="utf-8")

    def _end_changed(self, wish: Wish) -> None:
        """Every process of a changed step ends before a new one starts: no partition has two."""
        changed = [each["Id"] for each in self._containers(wish) if not is_of(each, wish)]
        if changed:
            self._docker.run("stop", *changed)
            self._docker.run("rm", "--volumes", *changed)

    def _start(self, wish: Wish, site: Site) -> None:
        """Start whatever has not completed."""
        known = self._workers(wish, self._containers(wish))
        completed = {worker.slot for worker in known if worker.completed}
        if services := [service(slot) for slot in wish.slots() if slot not in completed]:
            options = ("--detach", "--no-build", "--remove-orphans", "--quiet-pull")
            self._docker.run("compose", "--file", str(site.file), "up", *options, *services)

    def _containers(self, wish: Wish) -> list[Container]:
        return self._docker.containers(self._site(wish.name).project)

    def _workers(self, wish: Wish, containers: list[Container]) -> list[Worker]:
        scraped = scrape(filter(None, map(port_of, containers)))
        folder = Folder(self._site(wish.name).folder)
        return list(workers(containers, wish, folder, scraped, self._log_end))
