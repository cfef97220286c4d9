"""`amml retention`: how long data sets and topics are kept, and deleting what is older."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from amml_deploy.control import from_environment
from amml_deploy.datasets import plainly
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.lakes import the_lake
from amml_deploy.output import facts, output_option, say, show, table
from amml_deploy.planner.settings import milliseconds
from amml_deploy.retention.amounts import rule_text, size
from amml_deploy.retention.plan import Plan, now, time_of
from amml_deploy.retention.planning import Site, Will, checked, planned, rules, same
from amml_deploy.retention.telling import RULES, done, rule_row, told
from amml_runtime.errors import Unavailable


@click.group("retention")
def command() -> None:
    """Keep data sets and topics as long, or as large, as a rule says.

    \b
    amml retention set co2 --max-age 90d
    amml retention set topic:co2.raw --max-age 30d --max-size 10GB
    amml retention plan
    amml retention apply --plan 20261122T025000Z-0123456789ab

    A rule deletes nothing by itself: `apply` does, when it is run or scheduled. What has no rule is
    kept for ever; topics also by what Kafka was told.
    """


@command.command("set")
@click.argument("name")
@click.option("--max-age", help="Rows older than this go, as 90d.")
@click.option("--max-size", help="The oldest rows go until the rest fits, as 10GB.")
@click.option("--hold", help="Keep everything, for this reason, whatever the rule says.")
@click.option("--release", is_flag=True, help="End the hold.")
@output_option
def set_(
    name: str,
    max_age: str | None,
    max_size: str | None,
    hold: str | None,
    release: bool,
    output: str,
) -> None:
    """Set the rule of the data set NAME, or of topic:NAME; what is not given stays as it was.

    \b
    amml retention set co2 --max-age 90d --max-size 10GB
    amml retention set co2 --max-size none
    amml retention set co2 --hold "case 7, until the court has ruled"
    amml retention set co2 --release
    """
    change: dict[str, Any] = {}
    if max_age is not None:
        change["max_age_ms"] = None if max_age == "none" else milliseconds(max_age)
    if max_size is not None:
        change["max_bytes"] = None if max_size == "none" else size(max_size)
    if hold is not None and release:
        raise UserError("either --hold or --release")
    if hold is not None or release:
        change["hold"] = hold
    if not change:
        raise UserError("which rule? give --max-age, --max-size, --hold or --release")
    with from_environment() as control:
        rule = control.patch(f"/retention/{checked(name)}", change)
    show(output, rule, lambda: f"{name}: {rule_text(rule)}")


@command.command("unset")
@click.argument("name")
@output_option
def unset(name: str, output: str) -> None:
    """Remove the rule of NAME: it is kept for ever then.

    \b
    amml retention unset co2
    """
    with from_environment() as control:
        answer = control.delete(f"/retention/{checked(name)}")
    show(output, answer, lambda: f"{name} has no rule any more, and is kept for ever")


@command.command("show")
@click.argument("name", required=False)
@output_option
def show_(name: str | None, output: str) -> None:
    """Show all rules, or that of NAME with what was deleted by it.

    \b
    amml retention show
    amml retention show co2
    """
    with from_environment() as control:
        found = rules(control, _only(name))
    if not found:
        say("no rules yet: amml retention set co2 --max-age 90d")
    document = found if name is None else found[0]
    if name is None:
        show(output, document, lambda: table(RULES, [rule_row(each) for each in found]))
    else:
        show(output, document, lambda: _details(found[0]))


@command.command("plan")
@click.argument("name", required=False)
@click.option("--force-protected", is_flag=True, help="As `apply` with it.")
@click.option("--past-readers", is_flag=True, help="As `apply` with it.")
@output_option
def plan(name: str | None, force_protected: bool, past_readers: bool, output: str) -> None:
    """Show exactly what would be deleted now, of NAME or by all rules, and what is kept back.

    \b
    amml retention plan
    amml retention plan co2 --output json > plan.json

    Nothing is changed. `apply --plan` takes the id at the end, or the JSON in a file, and deletes
    exactly that.
    """
    flags = {"--force-protected": force_protected, "--past-readers": past_readers}
    with _site() as site:
        found = rules(site.control, _only(name))
        made = planned(site, found, now(), Will(force_protected, past_readers))
    words = [*_only(name), *(flag for flag, given in flags.items() if given)]
    for each in made.problems:
        say(each)
    show(output, made.to_json(), lambda: told(made, words))
    if made.problems:
        raise SystemExit(1)


@command.command("apply")
@click.argument("name", required=False)
@click.option("--plan", "given", help="The id of a plan, or a file with its JSON.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force-protected", is_flag=True, help="Also what a hold, snapshot or model names.")
@click.option("--past-readers", is_flag=True, help="Also what a workflow has still to read.")
@output_option
def apply(
    name: str | None,
    given: str | None,
    yes: bool,
    force_protected: bool,
    past_readers: bool,
    output: str,
) -> None:
    """Delete what the rules keep no longer, of NAME or everywhere.

    \b
    amml retention apply co2
    amml retention apply --plan 20261122T025000Z-0123456789ab
    amml retention apply --plan plan.json
    amml retention apply --yes

    With a plan exactly that is deleted, or nothing if it would be something else by now. Every
    deletion is in the audit, before and after. One that was broken off is finished first.
    """
    from amml_deploy.retention.applying import carry_all_out, finish_begun

    id_, things = _given(given, name)
    with _site() as site:
        found = rules(site.control, things)
        for each in found:
            for line in finish_begun(site, each["thing"]):
                say(line)
        at = now() if id_ is None else time_of(id_)
        made = planned(site, found, at, Will(force_protected, past_readers))
        if id_ is not None:
            same(id_, made)
        _ask(made, name, force_protected, yes or given is not None)
        answers, failed = carry_all_out(site, made)
    lines = [done(each) for each in answers] or ["nothing was deleted"]
    show(output, {"plan": made.id, "deleted": answers, "failed": failed}, lambda: "\n".join(lines))
    if failed:
        raise AmmlError("\n".join(failed))


@contextmanager
def _site() -> Generator[Site]:
    """All servers that may be needed; one that does not answer is a message."""
    from amml_deploy.broker import bootstrap

    try:
        with plainly(), from_environment() as control:
            yield Site(control, the_lake, bootstrap)
    except Unavailable as error:
        raise AmmlError(str(error)) from error


def _only(name: str | None) -> list[str]:
    return [] if name is None else [checked(name)]


def _given(given: str | None, name: str | None) -> tuple[str | None, list[str]]:
    """The id of a plan, given as such or in a file, and the things it is for; none: all."""
    if given is None or not Path(given).is_file():
        return given, _only(name)
    try:
        plan = json.loads(Path(given).read_text(encoding="utf-8"))
        things = [str(each["thing"]) for each in plan["parts"]]
        return str(plan["plan"]), _only(name) or things
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{given} holds no plan: amml retention plan --output json > FILE"
        ) from None


def _ask(made: Plan, name: str | None, forced: bool, agreed: bool) -> None:
    """On the way to what cannot be undone, a question; what is protected asks for the name."""
    if made.empty:
        return
    if forced:
        if name is None:
            raise UserError("--force-protected deletes of one thing: name it")
        say(told(made))
        typed = click.prompt(f"type `{name}` to delete what is protected", err=True, default="")
        if typed != name:
            raise UserError("nothing was deleted")
    elif not agreed:
        say(told(made))
        click.confirm("delete it?", abort=True, err=True)


def _details(rule: dict[str, Any]) -> str:
    shown = {"for": rule["thing"], "rule": rule_text(rule), "since": rule["updated"]}
    rows = [
        [
            each["plan"],
            each["state"],
            each["ended"] or each["begun"],
            each["actor"],
            each["detail"].get("rows"),
            each["detail"].get("bytes"),
        ]
        for each in rule["deletions"]
    ]
    headers = ["PLAN", "STATE", "AT", "BY", "ROWS", "BYTES"]
    return "\n\n".join([facts(shown), *([table(headers, rows)] if rows else [])])
