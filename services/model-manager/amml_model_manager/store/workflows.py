"""Workflows: every text that was ever deployed, and the state that is wanted now."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record

# Where a workflow runs: on the machine itself, unless its settings say otherwise.
_TARGET = "coalesce(settings ->> 'target', 'local')"
_CONTENT = ("text", "settings", "plan", "run", "sources", "models")


def put(
    transaction: Transaction,
    actor: str,
    name: str,
    content: Row,
    desired: str,
    expected: int | None,
) -> Row:
    """Deploy: a new version if anything changed, or if the last one has failed.

    Parameters:
        content: text, settings, plan, run, sources and models.
        desired: `running` or `stopped`.
        expected: the version the plan was made from, or None for a workflow that is not there.
    Errors: Conflict when the plan is stale, or the workflow is being removed.
    """
    _lock(transaction)
    found = _find(transaction, name)
    if found and found["removed"] is None and found["desired"] == "removed":
        text = f"workflow `{name}` is being removed"
        raise Conflict("being_removed", text, "Deploy it again when that is done.")
    if found and found["removed"] is None and _same(found, content) and not _has_failed(found):
        changed = found["desired"] != desired
        if changed:
            set_desired(transaction, actor, name, desired, keep_data=False)
        return _answer(name, found["version"], found["run"], changed)
    _check_expected(name, found, expected)
    _check_run(name, found, content["run"])
    _check_sources(transaction, name, content["sources"])
    version = found["version"] + 1 if found else 1
    _write(transaction, actor, name, version, content, desired)
    _bump(transaction)
    run = content["run"]
    detail = {"version": version, "run": run, "desired": desired, "text": content["text"]}
    record(transaction, actor, "workflow.put", f"workflow {name}", **detail)
    return _answer(name, version, run, changed=True)


def every(transaction: Transaction) -> list[Row]:
    """All workflows, without text and plan, by name."""
    return transaction.rows(
        f"""SELECT name, version, run, desired, keep_data, sources, models, status, reported_at,
                  {_TARGET} AS target, settings -> 'autoscale' AS autoscale, created AS updated
           FROM workflow JOIN workflow_version USING (name, version)
           WHERE removed IS NULL ORDER BY name"""
    )


def get(transaction: Transaction, name: str) -> Row:
    """One workflow as it is now.

    Errors: NotFound, with the names there are.
    """
    row = _find(transaction, name)
    if row is None or row.pop("removed") is not None:
        known = ", ".join(row["name"] for row in every(transaction)[:20]) or "none yet"
        raise NotFound("no_workflow", f"workflow `{name}` does not exist; there are: {known}")
    return row


def versions(transaction: Transaction, name: str) -> Row:
    """The history of a workflow, also of a removed one, newest first.

    Errors: NotFound when there never was one.
    """
    found = _find(transaction, name)
    if found is None:
        raise NotFound("no_workflow", f"workflow `{name}` never existed")
    rows = transaction.rows(
        """SELECT version, run, text, settings, sources, models, actor, created
           FROM workflow_version WHERE name = %(name)s ORDER BY version DESC""",
        name=name,
    )
    gone = {"removed": found["removed"], "keep_data": found["keep_data"]}
    return {"name": name, "last_run": max(row["run"] for row in rows)} | gone | {"versions": rows}


def set_desired(
    transaction: Transaction, actor: str, name: str, desired: str, keep_data: bool
) -> None:
    """Say what state is wanted.

    Errors: NotFound; Conflict for a workflow that is being removed.
    """
    _lock(transaction)
    found = get(transaction, name)
    if (found["desired"], found["keep_data"]) == (desired, keep_data):
        return
    if found["desired"] == "removed":
        raise Conflict("being_removed", f"workflow `{name}` is being removed, not {desired}")
    transaction.run(
        """UPDATE workflow SET desired = %(desired)s, keep_data = %(keep_data)s
           WHERE name = %(name)s""",
        name=name,
        desired=desired,
        keep_data=keep_data,
    )
    _bump(transaction)
    detail = {"desired": desired, "keep_data": keep_data}
    record(transaction, actor, "workflow.desire", f"workflow {name}", **detail)


def delete(transaction: Transaction, actor: str, name: str) -> None:
    """Say that all of a removed workflow is cleaned up; its history stays.

    Errors: NotFound; Conflict unless `removed` is desired.
    """
    _lock(transaction)
    desired = get(transaction, name)["desired"]
    if desired != "removed":
        text = f"workflow `{name}` is to be {desired}, expected removed"
        raise Conflict("not_removed", text, f"First: amml undeploy {name}")
    transaction.run(
        "UPDATE workflow SET removed = clock_timestamp() WHERE name = %(name)s", name=name
    )
    _bump(transaction)
    record(transaction, actor, "workflow.delete", f"workflow {name}")


def report(transaction: Transaction, name: str, status: dict[str, Any]) -> Row:
    """Keep what the supervisor says about a workflow.

    Errors: NotFound.
    """
    row = transaction.row(
        """UPDATE workflow SET status = %(status)s, reported_at = clock_timestamp()
           WHERE name = %(name)s AND removed IS NULL RETURNING reported_at""",
        name=name,
        status=as_json(status),
    )
    return row or get(transaction, name)


def desired(transaction: Transaction, after: int, target: str | None = None) -> Row | None:
    """The state wanted of all workflows, or of a target's, if anything has changed since `after`.

    One statement, so that the number and the rows belong together.
    """
    rows = transaction.rows(
        f"""SELECT sequence, name, version, run, desired, keep_data, plan, text
           FROM control
           LEFT JOIN (workflow JOIN workflow_version USING (name, version))
             ON removed IS NULL AND {_TARGET} = coalesce(%(target)s, {_TARGET})
           WHERE sequence > %(after)s ORDER BY name""",
        after=after,
        target=target,
    )
    if not rows:
        return None
    workflows = [row for row in rows if row["name"] is not None]
    sequence = rows[0]["sequence"]
    for row in workflows:
        del row["sequence"]
    return {"sequence": sequence, "workflows": workflows}


def _lock(transaction: Transaction) -> None:
    """One change at a time: the sequence is then the order in which changes become visible."""
    transaction.row("SELECT 1 FROM control FOR UPDATE")


def _bump(transaction: Transaction) -> None:
    transaction.run("UPDATE control SET sequence = sequence + 1")


def _find(transaction: Transaction, name: str) -> Row | None:
    return transaction.row(
        f"""SELECT name, version, run, text, settings, plan, sources, models, desired, keep_data,
                  removed, status, reported_at, {_TARGET} AS target, actor, created AS updated
           FROM workflow JOIN workflow_version USING (name, version) WHERE name = %(name)s""",
        name=name,
    )


def _same(found: Row, content: Row) -> bool:
    return all(found[key] == content[key] for key in _CONTENT)


def _has_failed(found: Row) -> bool:
    status = found["status"] or {}
    return status.get("state") == "failed" and status.get("version") == found["version"]


def _check_expected(name: str, found: Row | None, expected: int | None) -> None:
    current = found["version"] if found and found["removed"] is None else None
    if current != expected:
        text = (
            f"the plan is stale: workflow `{name}` is at {_at(current)}, expected {_at(expected)}"
        )
        raise Conflict("stale_plan", text, "Plan again.", current_version=current)


def _at(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"


def _check_run(name: str, found: Row | None, run: int) -> None:
    """Names hold the run's number, so a number is never used for a second life of the data."""
    if found is None:
        return
    lowest = found["run"] if found["removed"] is None or found["keep_data"] else found["run"] + 1
    if run < lowest:
        text = f"workflow `{name}`: expected run {lowest} or later, found {run}"
        raise Conflict("run_is_past", text, "Plan again.", next_run=lowest)


def _check_sources(transaction: Transaction, name: str, sources: list[str]) -> None:
    """Hold the sources until the workflow is there; see `sources.delete`."""
    rows = transaction.rows(
        "SELECT name FROM source WHERE name = ANY (%(names)s) FOR SHARE", names=sources
    )
    missing = sorted(set(sources) - {row["name"] for row in rows})
    if missing:
        text = f"the plan of workflow `{name}` is stale: there is no source `{missing[0]}`"
        raise Conflict("stale_plan", text, "Plan again.")


def _write(
    transaction: Transaction, actor: str, name: str, version: int, content: Row, desired: str
) -> None:
    documents = {key: as_json(content[key]) for key in ("settings", "plan")}
    transaction.run(
        """INSERT INTO workflow_version
               (name, version, run, text, settings, plan, sources, models, actor)
           VALUES (%(name)s, %(version)s, %(run)s, %(text)s, %(settings)s, %(plan)s,
                   %(sources)s::text[], %(models)s::text[], %(actor)s)""",
        **content | documents,
        name=name,
        version=version,
        actor=actor,
    )
    transaction.run(
        """INSERT INTO workflow (name, version, desired)
           VALUES (%(name)s, %(version)s, %(desired)s)
           ON CONFLICT (name) DO UPDATE SET version = EXCLUDED.version,
               desired = EXCLUDED.desired, keep_data = false, removed = NULL,
               status = CASE WHEN workflow.removed IS NULL THEN workflow.status END""",
        name=name,
        version=version,
        desired=desired,
    )


def _answer(name: str, version: int, run: int, changed: bool) -> Row:
    return {"name": name, "version": version, "run": run, "changed": changed}
