"""Step processes that nobody wants, and two that do the same."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from amml_deploy.doctor.finding import Finding, ok, problem, warning
from amml_deploy.doctor.site import Site


@dataclass(frozen=True)
class StepProcess:
    """A process of a step: what it runs, and which it is."""

    workflow: str
    slot: str
    pid: int


def examine(site: Site) -> Iterator[Finding]:
    """Look at the processes first: one that runs then has had a workflow."""
    running = list(_running(site.home.workflows))
    return judge(running, {each["name"] for each in site.workflows})


def judge(running: Iterable[StepProcess], workflows: Collection[str]) -> Iterator[Finding]:
    """Which should not be there.

    >>> [found.message for found in judge([StepProcess("gone", "filter.0", 7)], ["hot"])]
    ['process 7 runs `filter.0` of `gone`, and there is no such workflow']
    """
    every = list(running)
    slots = Counter((each.workflow, each.slot) for each in every)
    unwanted = [each for each in every if each.workflow not in workflows]
    for each in unwanted:
        yield warning(
            f"process {each.pid} runs `{each.slot}` of `{each.workflow}`, and there is no such "
            "workflow",
            "it uses processor and memory; what it writes nobody reads",
            f"end it: kill {each.pid}; `amml down` ends those that the supervisor knows",
        )
    twice = [(workflow, slot) for (workflow, slot), count in slots.items() if count > 1]
    for workflow, slot in twice:
        pids = [each.pid for each in every if (each.workflow, each.slot) == (workflow, slot)]
        yield problem(
            f"processes {', '.join(map(str, pids))} all run `{slot}` of `{workflow}`",
            "only the newest can write: the others are shut out and end, nothing is doubled",
            "look again in a while; if they stay, end the older ones with kill",
        )
    if not unwanted and not twice:
        yield ok(f"{len(every)} of steps, each wanted")


def _running(workflows: Path) -> Iterator[StepProcess]:
    """The processes of this user that run a step of a workflow of this platform."""
    for process in psutil.process_iter(["cmdline"]):
        if "amml_runtime" not in (process.info["cmdline"] or ()):
            continue
        try:
            environ = process.environ()
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or somebody else's
        spec = Path(environ.get("AMML_SPEC", "/"))
        if spec.parent.name == "specs" and spec.parent.parent.parent == workflows:
            slot = f"{spec.stem}.{environ.get('AMML_SLOT', '0')}"
            yield StepProcess(spec.parent.parent.name, slot, process.pid)
