"""Trainings: each an immutable run once it is completed."""

from typing import Any

from amml_model_manager.database import Row, Transaction, as_json
from amml_model_manager.errors import Conflict, NotFound
from amml_model_manager.hdfs import Stored
from amml_model_manager.paths import RunKey
from amml_model_manager.store import models
from amml_model_manager.store.audit import record

_COLUMNS = "model, version, run, status, document, created, updated, completed"


def put(transaction: Transaction, actor: str, key: RunKey, document: dict[str, Any]) -> bool:
    """Register a run or how far it is; whether anything changed.

    Errors: NotFound without the version; Conflict once it has ended otherwise, or when its
        artefacts are not those that were uploaded.
    """
    models.lock(transaction, key.model)
    models.get_version(transaction, key.model, key.version)
    found = _find(transaction, key)
    if found and found["version"] != key.version:
        text = f"run `{key.run}` belongs to `{key.model}:{found['version']}`, not to {key.version}"
        raise Conflict("run_of_another_version", text)
    if found and found["document"] == document:
        return False
    if found and found["status"] != "running":
        text = f"run `{key}` is {found['status']}, with another content"
        raise Conflict("run_is_final", text, "A new training needs a new run.")
    if document["status"] == "completed":
        _check_artefacts(transaction, key, document["artefacts"])
    _write(transaction, key, document)
    epochs = len(document["epochs"])
    record(transaction, actor, "run.put", f"run {key}", status=document["status"], epochs=epochs)
    return True


def get(transaction: Transaction, key: RunKey) -> Row:
    """The whole document of a run.

    Errors: NotFound, saying whether model, version or run is missing.
    """
    row = _find(transaction, key)
    if row is None or row["version"] != key.version:
        version = models.get_version(transaction, key.model, key.version)
        known = ", ".join(run["run"] for run in version["runs"]) or "none yet"
        text = f"`{key.model}:{key.version}` has no run `{key.run}`; there are: {known}"
        raise NotFound("no_run", text)
    return _shown(row)


def resolve(transaction: Transaction, model: str, reference: str) -> Row:
    """The run that a version (its newest completed one) or an alias stands for.

    Errors: NotFound, saying what is missing and what there is.
    """
    alias = transaction.row(
        """SELECT version, run FROM alias JOIN model_run USING (model, run)
           WHERE model = %(model)s AND alias = %(alias)s""",
        model=model,
        alias=reference,
    )
    if alias:
        found = get(transaction, RunKey(model, alias["version"], alias["run"]))
        return found | {"alias": reference}
    known = models.get(transaction, model)
    if reference not in [version["version"] for version in known["versions"]]:
        versions = ", ".join(version["version"] for version in known["versions"])
        aliases = ", ".join(alias["alias"] for alias in known["aliases"]) or "none"
        text = f"model `{model}` has no version or alias `{reference}`"
        raise NotFound("no_version", f"{text}; versions: {versions}; aliases: {aliases}")
    version = models.get_version(transaction, model, reference)
    if version["newest"] is None:
        runs = ", ".join(f"{r['run']} ({r['status']})" for r in version["runs"]) or "none yet"
        text = f"`{model}:{reference}` has no completed run; runs: {runs}"
        raise NotFound("no_completed_run", text, "Train it first.")
    return get(transaction, RunKey(model, reference, version["newest"]["run"]))


def put_artefact(
    transaction: Transaction, actor: str, key: RunKey, file: str, stored: Stored
) -> None:
    """Note an uploaded file of a run.

    Errors: NotFound without the run; Conflict once it is completed with another.
    """
    found = open_run(transaction, key)
    if found["status"] == "completed" and found["artefacts"].get(file) != stored.sha256:
        raise Conflict("run_is_final", f"run `{key}` is completed without this `{file}`")
    transaction.run(
        """INSERT INTO artefact (model, version, run, file, sha256, bytes)
           VALUES (%(model)s, %(version)s, %(run)s, %(file)s, %(sha256)s, %(bytes)s)
           ON CONFLICT (model, run, file) DO UPDATE
           SET sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes""",
        **vars(key),
        file=file,
        **vars(stored),
    )
    record(transaction, actor, "artefact.put", f"run {key}", file=file, **vars(stored))


def get_artefact(transaction: Transaction, key: RunKey, file: str) -> Stored:
    """Hash and length of a run's file.

    Errors: NotFound, with the files there are.
    """
    get(transaction, key)
    rows = transaction.rows(
        """SELECT file, sha256, bytes FROM artefact
           WHERE model = %(model)s AND version = %(version)s AND run = %(run)s ORDER BY file""",
        **vars(key),
    )
    for row in rows:
        if row["file"] == file:
            return Stored(row["sha256"], row["bytes"])
    known = ", ".join(row["file"] for row in rows) or "none yet"
    raise NotFound("no_artefact", f"run `{key}` has no file `{file}`; there are: {known}")


def put_checkpoint(
    transaction: Transaction, actor: str, key: RunKey, epoch: int, stored: Stored
) -> None:
    """Note a checkpoint; a later one of the same epoch takes its place.

    Errors: NotFound without the run; Conflict once it has ended.
    """
    found = open_run(transaction, key)
    if found["status"] != "running":
        raise Conflict("run_is_final", f"run `{key}` is {found['status']}: no more checkpoints")
    transaction.run(
        """INSERT INTO checkpoint (model, version, run, epoch, sha256, bytes)
           VALUES (%(model)s, %(version)s, %(run)s, %(epoch)s, %(sha256)s, %(bytes)s)
           ON CONFLICT (model, run, epoch) DO UPDATE
           SET sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes""",
        **vars(key),
        epoch=epoch,
        **vars(stored),
    )
    record(transaction, actor, "checkpoint.put", f"run {key}", epoch=epoch, **vars(stored))


def get_checkpoint(transaction: Transaction, key: RunKey, epoch: int) -> Stored:
    """Hash and length of the checkpoint after an epoch.

    Errors: NotFound, with the epochs there are.
    """
    get(transaction, key)
    rows = transaction.rows(
        """SELECT epoch, sha256, bytes FROM checkpoint
           WHERE model = %(model)s AND version = %(version)s AND run = %(run)s ORDER BY epoch""",
        **vars(key),
    )
    for row in rows:
        if row["epoch"] == epoch:
            return Stored(row["sha256"], row["bytes"])
    known = ", ".join(str(row["epoch"]) for row in rows) or "none"
    text = f"run `{key}` has no checkpoint after epoch {epoch}; there are: {known}"
    raise NotFound("no_checkpoint", text)


def delete_checkpoints(transaction: Transaction, actor: str, key: RunKey) -> int:
    """Forget a run's checkpoints; how many there were.

    Errors: Conflict while it is running, and would need them.
    """
    if open_run(transaction, key)["status"] == "running":
        raise Conflict("run_is_running", f"run `{key}` is running, and may need its checkpoints")
    count = transaction.run(
        """DELETE FROM checkpoint
           WHERE model = %(model)s AND version = %(version)s AND run = %(run)s""",
        **vars(key),
    )
    record(transaction, actor, "checkpoint.delete", f"run {key}", count=count)
    return count


def open_run(transaction: Transaction, key: RunKey) -> Row:
    """A run, held so that its status stays until the transaction ends.

    Errors: NotFound.
    """
    models.lock(transaction, key.model)
    return get(transaction, key)


def _find(transaction: Transaction, key: RunKey) -> Row | None:
    return transaction.row(
        f"SELECT {_COLUMNS} FROM model_run WHERE model = %(model)s AND run = %(run)s", **vars(key)
    )


def _write(transaction: Transaction, key: RunKey, document: dict[str, Any]) -> None:
    transaction.run(
        """INSERT INTO model_run (model, version, run, status, document, completed)
           VALUES (%(model)s, %(version)s, %(run)s, %(status)s, %(document)s,
                   CASE WHEN %(status)s = 'completed' THEN clock_timestamp() END)
           ON CONFLICT (model, run) DO UPDATE SET status = EXCLUDED.status,
               document = EXCLUDED.document, updated = clock_timestamp(),
               completed = EXCLUDED.completed""",
        **vars(key),
        status=document["status"],
        document=as_json(document),
    )


def _check_artefacts(transaction: Transaction, key: RunKey, artefacts: dict[str, str]) -> None:
    for file, sha256 in artefacts.items():
        try:
            found = get_artefact(transaction, key, file).sha256
        except NotFound as error:
            raise Conflict("no_artefact", error.message, "Upload it first.") from error
        if found != sha256:
            text = f"`{file}` of run `{key}` has SHA-256 {found}, expected {sha256}"
            raise Conflict("wrong_artefact", text)


def _shown(row: Row) -> Row:
    return row.pop("document") | row
