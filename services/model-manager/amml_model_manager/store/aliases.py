"""Names that point to a run, and which run each pointed to when."""

from amml_model_manager.database import Row, Transaction
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store import models
from amml_model_manager.store.audit import record


def put(transaction: Transaction, actor: str, model: str, alias: str, run: str) -> bool:
    """Point an alias to a run; whether it pointed elsewhere before.

    Errors: NotFound without the run; Conflict when the run is not completed, or a version has
        the alias's name.
    """
    models.lock(transaction, model)
    known = models.get(transaction, model)
    if alias in [version["version"] for version in known["versions"]]:
        raise Conflict("name_taken", f"`{alias}` is a version of `{model}`, not an alias")
    version = _completed_version(transaction, model, run)
    changed = transaction.run(
        """INSERT INTO alias (model, alias, run) VALUES (%(model)s, %(alias)s, %(run)s)
           ON CONFLICT (model, alias) DO UPDATE SET run = EXCLUDED.run
           WHERE alias.run <> EXCLUDED.run""",
        model=model,
        alias=alias,
        run=run,
    )
    if changed:
        _note(transaction, actor, model, alias, version, run)
        record(transaction, actor, "alias.put", f"alias {model}:{alias}", run=run)
    return bool(changed)


def get(transaction: Transaction, model: str, alias: str) -> Row:
    """Where an alias points, and its history, newest first; a null run was a removal.

    Errors: NotFound when there never was one.
    """
    changes = transaction.rows(
        """SELECT version, run, at AS since, lead(at) OVER (ORDER BY id) AS until, actor
           FROM alias_change WHERE model = %(model)s AND alias = %(alias)s ORDER BY id DESC""",
        model=model,
        alias=alias,
    )
    if not changes:
        models.get(transaction, model)
        raise NotFound("no_alias", f"model `{model}` has no alias `{alias}`")
    now = {"version": changes[0]["version"], "run": changes[0]["run"]}
    return {"model": model, "alias": alias} | now | {"history": changes}


def delete(transaction: Transaction, actor: str, model: str, alias: str) -> None:
    """Remove an alias; its history stays.

    Errors: NotFound; Conflict while a running workflow names it.
    """
    models.lock(transaction, model)
    users = transaction.rows(
        """SELECT w.name FROM workflow w JOIN workflow_version v USING (name, version)
           WHERE w.desired = 'running' AND %(name)s = ANY (v.models) ORDER BY w.name""",
        name=f"{model}:{alias}",
    )
    if users:
        names = ", ".join(row["name"] for row in users)
        text = f"alias `{model}:{alias}` is in use by running workflows: {names}"
        raise Conflict("alias_in_use", text, "Undeploy or stop them first.")
    gone = transaction.run(
        "DELETE FROM alias WHERE model = %(model)s AND alias = %(alias)s", model=model, alias=alias
    )
    if not gone:
        models.get(transaction, model)
        raise NotFound("no_alias", f"model `{model}` has no alias `{alias}`")
    _note(transaction, actor, model, alias, None, None)
    record(transaction, actor, "alias.delete", f"alias {model}:{alias}")


def _completed_version(transaction: Transaction, model: str, run: str) -> str:
    row = transaction.row(
        "SELECT version, status FROM model_run WHERE model = %(model)s AND run = %(run)s",
        model=model,
        run=run,
    )
    if row is None:
        raise NotFound("no_run", f"model `{model}` has no run `{run}`")
    if row["status"] != "completed":
        text = f"run `{run}` of `{model}` is {row['status']}, expected completed"
        raise Conflict("run_not_completed", text)
    return row["version"]


def _note(
    transaction: Transaction,
    actor: str,
    model: str,
    alias: str,
    version: str | None,
    run: str | None,
) -> None:
    transaction.run(
        """INSERT INTO alias_change (model, alias, version, run, actor)
           VALUES (%(model)s, %(alias)s, %(version)s, %(run)s, %(actor)s)""",
        model=model,
        alias=alias,
        version=version,
        run=run,
        actor=actor,
    )
