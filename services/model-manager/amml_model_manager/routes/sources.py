"""The source catalogue."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Body as FromBody

from amml_model_manager.context import Actor, Body, Db, Files, SourceName
from amml_model_manager.documents import Document, canonical
from amml_model_manager.errors import Refused, TooLarge
from amml_model_manager.hdfs import FileStore
from amml_model_manager.names import check
from amml_model_manager.store import sources

LIMIT = 64 * 1024
router = APIRouter(prefix="/sources", tags=["sources"])


@router.put("/{name}")
def put_source(
    name: SourceName, body: Annotated[Document, FromBody()], db: Db, files: Files, actor: Actor
) -> Body:
    """Add or change a source: `kind` is `file` (with `sha256`), `topic` or `table`."""
    if len(canonical(body)) > LIMIT:
        raise TooLarge("too_large", f"source `{name}`: expected at most {LIMIT} bytes of JSON")
    _check_kind(name, body, files)
    with db.transaction() as transaction:
        return sources.put(transaction, actor, name, body)


@router.get("")
def get_sources(db: Db) -> list[Body]:
    """All sources, by name."""
    with db.transaction() as transaction:
        return sources.every(transaction)


@router.get("/{name}")
def get_source(name: SourceName, db: Db) -> Body:
    """One source, with its `revision`."""
    with db.transaction() as transaction:
        return sources.get(transaction, name)


@router.delete("/{name}")
def delete_source(name: SourceName, db: Db, actor: Actor) -> Body:
    """Remove a source that no running workflow reads; its file stays in the store."""
    with db.transaction() as transaction:
        sources.delete(transaction, actor, name)
    return {"name": name, "deleted": True}


def _check_kind(name: str, body: dict[str, Any], files: FileStore) -> None:
    kind = body.get("kind")
    if kind not in ("file", "topic", "table"):
        text = f"source `{name}`: kind: expected file, topic or table, found {str(kind)[:40]!r}"
        raise Refused("wrong_kind", text)
    if kind == "file":
        try:
            sha256 = check("sha256", str(body.get("sha256")))
        except ValueError as error:
            raise Refused("wrong_sha256", f"source `{name}`: {error}") from error
        if not files.touch(files.paths.file(sha256)):
            text = f"source `{name}`: no file has SHA-256 {sha256}"
            raise Refused("no_file", text, "Upload it first: PUT /files/<sha256>")
