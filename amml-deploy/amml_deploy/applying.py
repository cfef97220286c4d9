"""The last step of deploy and run: hand the plan over, wait if asked, say what came of it."""

import os

from amml_deploy.backends import Backend
from amml_deploy.control import bootstrap_of, home_of
from amml_deploy.output import say, show
from amml_deploy.preparing import Prepared
from amml_deploy.reachable import broker_trouble
from amml_deploy.waiting import wait_until_up


def carry_out(backend: Backend, prepared: Prepared, wait: bool, output: str) -> None:
    """Apply a plan and print the outcome; one that changes nothing only where nobody watches.

    Errors: AmmlError, somebody else deployed meanwhile, or waiting for it the workflow failed.
    """
    plan, name = prepared.plan, prepared.plan.workflow
    if prepared.unchanged and prepared.old and backend.watched:
        version, changed = prepared.old.version, False
    else:
        applied = backend.apply(plan, prepared.settings, prepared.expected_version)
        version, changed = applied.version, applied.changed
    if wait:
        say(f"waiting for `{name}`, version {version}, run {plan.run}")
    state = _wait(backend, name, version, plan.bounded) if wait else None
    document = {
        "workflow": name,
        "version": version,
        "run": plan.run,
        "changed": changed,
        "state": state,
    }
    show(output, document, lambda: _sentence(prepared, changed, state))


def _wait(backend: Backend, name: str, version: int, bounded: bool) -> str:
    def hindrance() -> str:
        return broker_trouble(bootstrap_of(home_of(os.environ), os.environ))

    return wait_until_up(backend, name, version, bounded, hindrance=hindrance)


def _sentence(prepared: Prepared, changed: bool, state: str | None) -> str:
    plan, name = prepared.plan, prepared.plan.workflow
    if not changed:
        return f"no changes{_again(prepared, state)}"
    if state is not None:
        return f"{name}: run {plan.run} {'is running' if state == 'running' else 'has completed'}"
    return f"{name}: run {plan.run} is deployed; `amml status {name}` shows how it is"


def _again(prepared: Prepared, state: str | None) -> str:
    """How to run a bounded workflow again, if it has ended."""
    plan, old = prepared.plan, prepared.old
    ended = state or (old.state if old else "")
    if not plan.bounded or ended not in ("completed", "failed"):
        return ""
    return f": run {plan.run} has {ended}; `amml run {plan.workflow}` starts another"
