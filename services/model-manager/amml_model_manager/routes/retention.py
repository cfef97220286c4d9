"""How long data sets and topics are kept, and the record of what was deleted."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from amml_model_manager.context import Actor, Body, Db, DeletionId, Retained
from amml_model_manager.documents import Document, Text, canonical
from amml_model_manager.errors import TooLarge
from amml_model_manager.store import retention

LIMIT = 256 * 1024
router = APIRouter(prefix="/retention", tags=["retention"])


class Rule(BaseModel):
    """What is kept: rows not older than an age, a size in all, or everything while it is held."""

    model_config = ConfigDict(extra="forbid")
    max_age_ms: Annotated[int, Field(ge=1000, lt=1 << 53)] | None = None
    max_bytes: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None
    hold: Annotated[Text, Field(min_length=1, max_length=500)] | None = None


class Deletion(BaseModel):
    """How far a deletion is, and what goes; `rule` is the one it follows."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["begun", "done", "given up"]
    detail: Document


@router.get("")
def get_rules(db: Db) -> list[Body]:
    """All rules, by what they are for: a data set, or `topic:NAME`."""
    with db.transaction() as transaction:
        return retention.every(transaction)


@router.get("/{thing}")
def get_rule(thing: Retained, db: Db) -> Body:
    """One rule, with its newest deletions."""
    with db.transaction() as transaction:
        return retention.get(transaction, thing)


@router.patch("/{thing}")
def change_rule(thing: Retained, body: Rule, db: Db, actor: Actor) -> Body:
    """Set parts of a rule, the others stay; null takes a part away."""
    with db.transaction() as transaction:
        return retention.change(transaction, actor, thing, body.model_dump(exclude_unset=True))


@router.delete("/{thing}")
def delete_rule(thing: Retained, db: Db, actor: Actor) -> Body:
    """Remove a rule; 409 while it holds something."""
    with db.transaction() as transaction:
        retention.delete(transaction, actor, thing)
    return {"thing": thing, "deleted": True}


@router.put("/{thing}/deletions/{plan}")
def say_deletion(thing: Retained, plan: DeletionId, body: Deletion, db: Db, actor: Actor) -> Body:
    """Say that a deletion begins, is done, or was given up; 409 if it may not begin any more."""
    if len(canonical(body.detail)) > LIMIT:
        raise TooLarge("too_large", f"`{thing}`: expected at most {LIMIT} bytes of detail")
    with db.transaction() as transaction:
        return retention.say(transaction, actor, thing, plan, body.state, body.detail)
