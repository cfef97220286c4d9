"""Content-addressed files: what sources are made of."""

from typing import Any

from fastapi import APIRouter, Request, Response

from amml_model_manager.context import Actor, Db, Files, Sha256
from amml_model_manager.errors import NotFound
from amml_model_manager.store import audit
from amml_model_manager.streams import body_chunks, send_file

router = APIRouter(prefix="/files/{sha256}", tags=["files"])


@router.put("")
def put_file(
    sha256: Sha256, request: Request, files: Files, db: Db, actor: Actor
) -> dict[str, Any]:
    """Store the body under its SHA-256; the same again is fine."""
    stored = files.put(body_chunks(request), files.paths.file, expected=sha256)
    with db.transaction() as transaction:
        audit.record(transaction, actor, "file.put", f"file {sha256}", bytes=stored.bytes)
    return {"sha256": stored.sha256, "bytes": stored.bytes}


@router.head("")
@router.get("")
def get_file(sha256: Sha256, request: Request, files: Files) -> Response:
    """The bytes; `Range: bytes=a-b` gives a part."""
    path = files.paths.file(sha256)
    size = files.size(path)
    if size is None:
        raise NotFound("no_file", f"no file has SHA-256 {sha256}")
    return send_file(files, path, size, sha256, request)
