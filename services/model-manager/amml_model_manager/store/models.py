"""Models and their versions."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.store.audit import record


def put_version(
    transaction: Transaction,
    actor: str,
    model: str,
    version: str,
    definition: str,
    document: dict[str, Any],
) -> None:
    """Add a version; another definition is taken only while the version has no runs.

    Errors: Conflict.
    """
    lock(transaction, model)
    found = transaction.row(
        """SELECT definition, document, EXISTS (
               SELECT FROM model_run WHERE (model, version) = (v.model, v.version)) AS has_runs
           FROM model_version v WHERE model = %(model)s AND version = %(version)s""",
        model=model,
        version=version,
    )
    if found and found["definition"] == definition:
        return
    if found and found["has_runs"]:
        if found["document"] == document:
            return  # only blanks or comments differ
        text = f"`{model}:{version}` has another definition, and runs that were made with it"
        raise Conflict("version_is_final", text, "Give the changed definition a new version.")
    _refuse_alias_of_that_name(transaction, model, version)
    transaction.run(
        """INSERT INTO model_version (model, version, definition, document)
           VALUES (%(model)s, %(version)s, %(definition)s, %(document)s)
           ON CONFLICT (model, version) DO UPDATE SET definition = EXCLUDED.definition,
               document = EXCLUDED.document, updated = clock_timestamp()""",
        model=model,
        version=version,
        definition=definition,
        document=as_json(document),
    )
    action = "model.replace" if found else "model.put"
    record(transaction, actor, action, f"model {model}:{version}", definition=definition)


def lock(transaction: Transaction, model: str) -> None:
    """Make the model if it is new, and let nobody else change it until the transaction ends."""
    transaction.run(
        "INSERT INTO model (name) VALUES (%(model)s) ON CONFLICT DO NOTHING", model=model
    )
    transaction.row("SELECT 1 FROM model WHERE name = %(model)s FOR UPDATE", model=model)


def every(transaction: Transaction) -> list[Row]:
    """All models with their versions and aliases, by name."""
    rows = transaction.rows(
        """SELECT name, created,
               ARRAY(SELECT version FROM model_version WHERE model = name
                     ORDER BY created, version) AS versions,
               ARRAY(SELECT alias FROM alias WHERE model = name ORDER BY alias) AS aliases
           FROM model ORDER BY name"""
    )
    return [row for row in rows if row["versions"]]


def get(transaction: Transaction, model: str) -> Row:
    """One model: its versions, each with its runs, and its aliases.

    Errors: NotFound, with the models there are.
    """
    versions = transaction.rows(
        """SELECT version, created, updated FROM model_version
           WHERE model = %(model)s ORDER BY created, version""",
        model=model,
    )
    if not versions:
        known = ", ".join(row["name"] for row in every(transaction)[:20]) or "none yet"
        text = f"model `{model}` does not exist; there are: {known}"
        raise NotFound("no_model", text, f"Add it: amml model add {model}:0.1 FILE")
    runs = _runs(transaction, model)
    for version in versions:
        version["runs"] = [run for run in runs if run["version"] == version["version"]]
    return {"name": model, "versions": versions, "aliases": _aliases(transaction, model)}


def get_version(transaction: Transaction, model: str, version: str) -> Row:
    """One version: definition, runs, its newest completed run, and the aliases of its runs.

    Errors: NotFound, saying whether the model or the version is missing.
    """
    row = transaction.row(
        """SELECT definition, document, created, updated FROM model_version
           WHERE model = %(model)s AND version = %(version)s""",
        model=model,
        version=version,
    )
    if row is None:
        known = ", ".join(v["version"] for v in get(transaction, model)["versions"])
        raise NotFound("no_version", f"model `{model}` has no version `{version}`, only {known}")
    runs = [run for run in _runs(transaction, model) if run["version"] == version]
    names = {run["run"] for run in runs}
    completed = [run for run in runs if run["status"] == "completed"]
    newest = max(completed, key=lambda run: (run["completed"], run["run"]), default=None)
    aliases = [a for a in _aliases(transaction, model) if a["run"] in names]
    listed = {"runs": runs, "newest": newest, "aliases": aliases}
    return {"model": model, "version": version} | row | listed


def delete_version(transaction: Transaction, actor: str, model: str, version: str) -> None:
    """Remove a version with its runs; their files are the caller's, once this is committed.

    Errors: NotFound; Conflict while a run is training, aliased, or used by a running workflow.
    """
    lock(transaction, model)
    found = get_version(transaction, model, version)
    reasons = [f"alias `{alias['alias']}`" for alias in found["aliases"]]
    reasons += [f"training `{run['run']}`" for run in found["runs"] if run["status"] == "running"]
    reasons += [f"workflow `{name}`" for name in _users(transaction, model, version)]
    if reasons:
        text = f"`{model}:{version}` is in use by {', '.join(reasons)}"
        raise Conflict("version_in_use", text, "Remove or stop these first.")
    for table in ("artefact", "checkpoint", "model_run", "model_version"):
        transaction.run(
            f"DELETE FROM {table} WHERE model = %(model)s AND version = %(version)s",
            model=model,
            version=version,
        )
    record(transaction, actor, "model.delete", f"model {model}:{version}")


def is_free(transaction: Transaction, model: str, version: str) -> bool:
    """Whether there is no such version; nobody adds it until the transaction ends."""
    lock(transaction, model)
    found = transaction.row(
        "SELECT 1 FROM model_version WHERE model = %(model)s AND version = %(version)s",
        model=model,
        version=version,
    )
    return found is None


def _runs(transaction: Transaction, model: str) -> list[Row]:
    return transaction.rows(
        """SELECT run, version, status, created, updated, completed FROM model_run
           WHERE model = %(model)s ORDER BY created, run""",
        model=model,
    )


def _aliases(transaction: Transaction, model: str) -> list[Row]:
    return transaction.rows(
        "SELECT alias, run FROM alias WHERE model = %(model)s ORDER BY alias", model=model
    )


def _users(transaction: Transaction, model: str, version: str) -> list[str]:
    """Running workflows that name `model:version` or one of its runs, `model:version/run`."""
    name = f"{model}:{version}"
    rows = transaction.rows(
        """SELECT w.name FROM workflow w JOIN workflow_version v USING (name, version)
           WHERE w.desired = 'running' AND EXISTS (
               SELECT FROM unnest(v.models) AS m
               WHERE m = %(name)s OR starts_with(m, %(prefix)s))
           ORDER BY w.name""",
        name=name,
        prefix=f"{name}/",
    )
    return [row["name"] for row in rows]


def _refuse_alias_of_that_name(transaction: Transaction, model: str, version: str) -> None:
    if any(alias["alias"] == version for alias in _aliases(transaction, model)):
        raise Conflict("name_taken", f"`{version}` is an alias of `{model}`, not a version")
