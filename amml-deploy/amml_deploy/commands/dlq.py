"""`amml dlq`: what steps refused, and sending it back to them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from amml_deploy.broker import bootstrap, topics
from amml_deploy.catalogue import Deployed, deployed
from amml_deploy.control import ControlError, from_environment
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.names import check
from amml_deploy.output import output_option, say, show, table
from amml_deploy.planner.faults import suggestion

if TYPE_CHECKING:
    from amml_runtime.letters import Letter


@click.group("dlq")
def command() -> None:
    """Dead letters: the rows and records that steps refused.

    \b
    amml dlq list
    amml dlq show hot --step topic
    amml dlq replay hot --dry-run
    """


@command.command("list")
@click.argument("name", required=False)
@output_option
def list_(name: str | None, output: str) -> None:
    """Count the dead letters, of all workflows or of NAME, by step and reason.

    \b
    amml dlq list
    amml dlq list hot --output json
    """
    from amml_deploy.dead_letters import counts

    found = [each for workflow in _workflows(name) for each in counts(workflow, _all(workflow))]
    if not found:
        say("no dead letters")
    headers = ["WORKFLOW", "STEP", "REASON", "LETTERS", "NEWEST"]
    show(output, found, lambda: table(headers, [list(each.values()) for each in found]))


@command.command("show")
@click.argument("name")
@click.option("--step", help="Only those of this step.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100_000))
@output_option
def show_(name: str, step: str | None, limit: int, output: str) -> None:
    """Show the newest dead letters of the workflow NAME, the newest last.

    \b
    amml dlq show hot
    amml dlq show hot --step topic --limit 5
    amml dlq show hot --output json

    Each has its number, when and by which step it was refused, where it came from, why, and what
    it holds: control characters and what is no UTF-8 are escaped, and long ones are cut. JSON has
    all of it.
    """
    from amml_deploy.dead_letters import document, lines

    found = _chosen(name, step)[-limit:]
    before = _replayed(name)
    documents = [document(letter, before) for letter in found]
    if not documents:
        say(f"no dead letters of `{name}`")
    show(output, documents, lambda: "\n".join(map(lines, documents)))


@command.command("replay")
@click.argument("name")
@click.option("--step", help="Only those of this step.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent back.")
@click.option("--again", is_flag=True, help="Also those that were sent back before.")
@output_option
def replay_(name: str, step: str | None, dry_run: bool, again: bool, output: str) -> None:
    """Send dead letters of NAME back to the steps that refused them, each exactly once.

    \b
    amml dlq replay hot --dry-run
    amml dlq replay hot --step filter
    amml dlq replay hot --again

    Mend first what they were refused for, and deploy: a step keeps its state and its place. A
    letter that was sent back is not sent a second time unless told --again. One that is refused
    once more is a new letter.
    """
    from amml_deploy.dead_letters import obstacle

    workflow = _running(name)
    found = _chosen(name, step)
    left = {each.number: why for each in found if (why := obstacle(each, workflow.plan))}
    ready = [each for each in found if each.number not in left]
    became = _outcome(workflow, ready, dry_run, again)
    left |= {number: why for number, why in became.items() if why != "replayed"}
    sent = [number for number, why in became.items() if why == "replayed"]
    document = {
        "workflow": name,
        "dry_run": dry_run,
        "replayed": sent,
        "left": [{"number": number, "reason": why} for number, why in sorted(left.items())],
    }
    show(output, document, lambda: _told(document))


def _outcome(
    workflow: Deployed, letters: "list[Letter]", dry_run: bool, again: bool
) -> Mapping[int, str]:
    """What becomes of each letter: `replayed`, or why it is left where it is."""
    from amml_runtime.letters import replay

    if dry_run:
        before = set[int]() if again else _replayed(workflow.name)
        return {e.number: "replayed before" if e.number in before else "replayed" for e in letters}
    if not letters:
        return {}
    step = workflow.plan.steps[-1]
    return replay(bootstrap(), step.replays, step.partitions, letters, again)


def _told(document: Mapping[str, Any]) -> str:
    count, left = len(document["replayed"]), document["left"]
    verb = "would be sent back" if document["dry_run"] else "sent back"
    head = f"{document['workflow']}: {count} dead letter{'s' * (count != 1)} {verb}"
    reasons: dict[str, list[int]] = {}
    for each in left:
        reasons.setdefault(each["reason"], []).append(each["number"])
    told = [f"  not {_numbers(numbers)}: {reason}" for reason, numbers in reasons.items()]
    return "\n".join([head, *told])


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(f"#{number}" for number in numbers[:5])
    return shown if len(numbers) <= 5 else f"{shown} and {len(numbers) - 5} more"


def _running(name: str) -> Deployed:
    """The workflow, if its steps read on."""
    with from_environment() as control:
        try:
            found = deployed(control.get(f"/workflows/{check('workflow', name)}"))
        except ControlError as error:
            if error.status != 404 or name not in _workflows(None):
                raise
            raise UserError(
                f"`{name}` is not deployed, and its dead letters are of a run that is over: they "
                f"can be shown, but no step is there to take them"
            ) from error
    if found.gone or found.state == "completed":
        raise AmmlError(
            f"run {found.run} of `{name}` has ended, so no step reads its dead letters; "
            f"`amml run {name}` reads everything anew"
        )
    if found.plan.steps[-1].replays not in (topic.name for topic in topics()):
        raise AmmlError(f"`{name}` has no topic for replays yet: deploy it again")
    return found


def _chosen(name: str, step: str | None) -> "list[Letter]":
    letters = list(_all(_workflows(check("workflow", name))[0]))
    steps = sorted({each.step for each in letters})
    if step is not None and step not in steps:
        near = f"; {suggestion(step, steps)}" if steps else ""
        raise UserError(f"`{name}` has no dead letters of a step `{step}`{near}")
    return [each for each in letters if step in (None, each.step)]


def _workflows(name: str | None) -> list[str]:
    """Those that have a topic of dead letters, or the one named."""
    from amml_deploy.dead_letters import topics_of_letters

    known = list(topics_of_letters(topics()))
    if name is None:
        return known
    if check("workflow", name) not in known:
        near = f"; {suggestion(name, known)}" if known else ""
        raise UserError(f"no workflow `{name}`{near}")
    return [name]


def _all(workflow: str) -> "Iterator[Letter]":
    from amml_runtime.letters import read

    return read(bootstrap(), f"amml.{workflow}.dlq")


def _replayed(workflow: str) -> set[int]:
    from amml_deploy.dead_letters import topics_of_replays
    from amml_runtime.letters import replayed

    found = topics_of_replays(topics(), workflow)
    return {n for topic in found for n in replayed(bootstrap(), topic.name, topic.partitions)}
