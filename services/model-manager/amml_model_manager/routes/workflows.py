"""Workflows, and the state the supervisor is to keep them in."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Body as FromBody
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from amml_model_manager.context import Actor, Body, Db, SourceName, Stopping, WorkflowName
from amml_model_manager.documents import Document, Text, canonical
from amml_model_manager.errors import TooLarge
from amml_model_manager.names import check_model_reference
from amml_model_manager.store import workflows

STATUS_LIMIT = 256 * 1024
_LOOK_EVERY = 0.05
router = APIRouter(tags=["workflows"])
ModelReference = Annotated[str, AfterValidator(check_model_reference)]


class Deployment(BaseModel):
    """A workflow with its plan; `expected_version` is the version the plan was made from."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[Text, Field(max_length=64 * 1024)]
    settings: Document = {}
    plan: Document
    run: Annotated[int, Field(ge=1, le=999_999_999)]
    sources: Annotated[list[SourceName], Field(max_length=1000)] = []
    models: Annotated[list[ModelReference], Field(max_length=1000)] = []
    desired: Literal["running", "stopped"] = "running"
    expected_version: int | None = None


class Wish(BaseModel):
    """The state a workflow is to have; `keep_data` matters when it is removed."""

    model_config = ConfigDict(extra="forbid")
    desired: Literal["running", "stopped", "removed"]
    keep_data: bool = False


@router.put("/workflows/{name}")
def put_workflow(name: WorkflowName, body: Deployment, db: Db, actor: Actor) -> Body:
    """Deploy: a new version if anything changed, refused if the plan is stale."""
    content = body.model_dump(exclude={"desired", "expected_version"})
    with db.transaction() as transaction:
        return workflows.put(transaction, actor, name, content, body.desired, body.expected_version)


@router.get("/workflows")
def get_workflows(db: Db) -> list[Body]:
    """All workflows, without text and plan."""
    with db.transaction() as transaction:
        return workflows.every(transaction)


@router.get("/workflows/{name}")
def get_workflow(name: WorkflowName, db: Db) -> Body:
    """One workflow: text, plan, run, version, desired state, reported status."""
    with db.transaction() as transaction:
        return workflows.get(transaction, name)


@router.get("/workflows/{name}/versions")
def get_versions(name: WorkflowName, db: Db) -> Body:
    """Every version that was deployed, by whom and when; also of a removed workflow."""
    with db.transaction() as transaction:
        return workflows.versions(transaction, name)


@router.patch("/workflows/{name}")
def patch_workflow(name: WorkflowName, body: Wish, db: Db, actor: Actor) -> Body:
    """Run, stop or remove a workflow."""
    with db.transaction() as transaction:
        workflows.set_desired(transaction, actor, name, body.desired, body.keep_data)
        return workflows.get(transaction, name)


@router.delete("/workflows/{name}")
def delete_workflow(name: WorkflowName, db: Db, actor: Actor) -> Body:
    """The supervisor's word that everything of a removed workflow is cleaned up."""
    with db.transaction() as transaction:
        workflows.delete(transaction, actor, name)
    return {"name": name, "deleted": True}


@router.put("/workflows/{name}/status")
def put_status(name: WorkflowName, body: Annotated[Document, FromBody()], db: Db) -> Body:
    """Keep what the supervisor reports; stamped with our time."""
    if len(canonical(body)) > STATUS_LIMIT:
        text = f"status of workflow `{name}`: expected at most {STATUS_LIMIT} bytes of JSON"
        raise TooLarge("too_large", text)
    with db.transaction() as transaction:
        row = workflows.report(transaction, name, body)
    return {"name": name, "reported_at": row["reported_at"]}


@router.get("/desired")
def get_desired(
    db: Db,
    stopping: Stopping,
    after: Annotated[int, Query(ge=-1)] = -1,
    wait: Annotated[float, Query(ge=0, le=30)] = 10,
    target: str | None = None,
) -> Body:
    """All wishes, or those for one target, as soon as any wish at all is newer than `after`.

    After `wait` seconds they come in any case.
    """
    end = time.monotonic() + wait
    while True:
        with db.transaction() as transaction:
            found = workflows.desired(transaction, after, target)
            if found is None and (time.monotonic() >= end or stopping.is_set()):
                found = workflows.desired(transaction, -1, target)
        if found is not None:
            return found
        stopping.wait(min(_LOOK_EVERY, max(0.0, end - time.monotonic())))
