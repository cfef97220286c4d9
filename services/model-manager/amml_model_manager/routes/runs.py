"""Trainings, the files they leave and the checkpoints they go on from."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from amml_model_manager.context import Actor, Body, Db, Epoch, FileName, Files, Key, Sha256
from amml_model_manager.documents import Document
from amml_model_manager.errors import Conflict
from amml_model_manager.hdfs import FileStore
from amml_model_manager.paths import RunKey
from amml_model_manager.store import runs
from amml_model_manager.streams import body_chunks, send_file

router = APIRouter(prefix="/models/{model}/versions/{version}/runs/{run}", tags=["runs"])


class RunDocument(BaseModel):
    """How far a training is, and what came out of it."""

    model_config = ConfigDict(extra="forbid")
    status: Literal["running", "completed", "failed"]
    epochs: list[Document] = Field(default_factory=list[Document], max_length=10_000)
    metrics: Document = {}
    signature: Document = {}
    provenance: Document = {}
    seed: int | None = None
    libraries: Document = {}
    artefacts: dict[FileName, Sha256] = {}


@router.put("")
def put_run(key: Key, body: RunDocument, db: Db, files: Files, actor: Actor) -> Body:
    """Register a run. `running` may change; `completed` and `failed` are final."""
    document = body.model_dump()
    if body.status == "completed":
        _check_files(files, key, body.artefacts)
    with db.transaction() as transaction:
        changed = runs.put(transaction, actor, key, document)
        return runs.get(transaction, key) | {"changed": changed}


@router.get("")
def get_run(key: Key, db: Db) -> Body:
    """The whole document of a run."""
    with db.transaction() as transaction:
        return runs.get(transaction, key)


@router.put("/artefacts/{file}")
def put_artefact(
    key: Key,
    file: FileName,
    x_amml_sha256: Annotated[Sha256, Header()],
    request: Request,
    db: Db,
    files: Files,
    actor: Actor,
) -> Body:
    """Store a file of a run: staged, checked, renamed, and only then in the tables."""
    with db.transaction() as transaction:
        runs.get(transaction, key)
    stored = files.put(
        body_chunks(request),
        lambda sha256: files.paths.artefact(key, file, sha256),
        expected=x_amml_sha256,
    )
    with db.transaction() as transaction:
        runs.put_artefact(transaction, actor, key, file, stored)
    return {"file": file, **vars(stored)}


@router.head("/artefacts/{file}")
@router.get("/artefacts/{file}")
def get_artefact(key: Key, file: FileName, request: Request, db: Db, files: Files) -> Response:
    """A file of a run; check its bytes against `X-Amml-Sha256`."""
    with db.transaction() as transaction:
        stored = runs.get_artefact(transaction, key, file)
    path = files.paths.artefact(key, file, stored.sha256)
    return send_file(files, path, stored.bytes, stored.sha256, request)


@router.put("/checkpoints/{epoch}")
def put_checkpoint(
    key: Key,
    epoch: Epoch,
    request: Request,
    db: Db,
    files: Files,
    actor: Actor,
    x_amml_sha256: Annotated[Sha256 | None, Header()] = None,
) -> Body:
    """Store what a killed training can go on from; sent again, the later one counts."""
    with db.transaction() as transaction:
        runs.get(transaction, key)
    stored = files.put(
        body_chunks(request),
        lambda sha256: files.paths.checkpoint(key, epoch, sha256),
        expected=x_amml_sha256 or "",
    )
    with db.transaction() as transaction:
        runs.put_checkpoint(transaction, actor, key, epoch, stored)
    return {"epoch": epoch, **vars(stored)}


@router.head("/checkpoints/{epoch}")
@router.get("/checkpoints/{epoch}")
def get_checkpoint(key: Key, epoch: Epoch, request: Request, db: Db, files: Files) -> Response:
    """The checkpoint made after an epoch."""
    with db.transaction() as transaction:
        stored = runs.get_checkpoint(transaction, key, epoch)
    path = files.paths.checkpoint(key, epoch, stored.sha256)
    return send_file(files, path, stored.bytes, stored.sha256, request)


@router.delete("/checkpoints")
def delete_checkpoints(key: Key, db: Db, files: Files, actor: Actor) -> Body:
    """Remove the checkpoints of a run that has ended."""
    with db.transaction() as transaction:
        count = runs.delete_checkpoints(transaction, actor, key)
    files.delete(files.paths.checkpoints(key))
    return {"deleted": count}


def _check_files(files: FileStore, key: RunKey, artefacts: dict[str, str]) -> None:
    for file, sha256 in artefacts.items():
        if files.size(files.paths.artefact(key, file, sha256)) is None:
            text = f"run `{key}` has no file `{file}` with SHA-256 {sha256}"
            raise Conflict("no_artefact", text, "Upload it first.")
