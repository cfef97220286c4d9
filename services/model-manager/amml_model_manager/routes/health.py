"""Whether this service can work, and what a crash has left behind."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from amml_model_manager.context import Actor, Body, Context, Db, Files
from amml_model_manager.doctor import clean, examine, probe
from amml_model_manager.store import audit

router = APIRouter(tags=["health"])


@router.get("/health")
def get_health(request: Request, response: Response) -> dict[str, str]:
    """`ok`, or which server is missing, with 503. Needs no token."""
    context: Context = request.app.state.context
    for status, check in (
        ("no_database", context.database.check),
        ("no_hdfs", context.files.check),
    ):
        if probe(check) is not None:
            response.status_code = 503
            return {"status": status}
    return {"status": "ok"}


@router.get("/doctor")
def get_doctor(db: Db, files: Files) -> Body:
    """Both servers, files without a row, and rows without their file. Changes nothing."""
    return examine(db, files)


class Leftovers(BaseModel):
    """Paths that `GET /doctor` listed."""

    model_config = ConfigDict(extra="forbid")
    paths: list[str]


@router.post("/doctor/clean")
def post_clean(body: Leftovers, db: Db, files: Files, actor: Actor) -> Body:
    """Remove those that still are staged or orphans and older than an hour; which they were."""
    removed = clean(db, files, body.paths)
    if removed:
        with db.transaction() as transaction:
            audit.record(transaction, actor, "doctor.clean", "files", count=len(removed))
    return {"removed": removed}
