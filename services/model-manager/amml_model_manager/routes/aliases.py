"""Names that point to runs."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from amml_model_manager.context import Actor, Alias, Body, Db, ModelName, Run
from amml_model_manager.store import aliases

router = APIRouter(prefix="/models/{model}/aliases/{alias}", tags=["models"])


class Target(BaseModel):
    """The run an alias is to point to."""

    model_config = ConfigDict(extra="forbid")
    run: Run


@router.put("")
def put_alias(model: ModelName, alias: Alias, body: Target, db: Db, actor: Actor) -> Body:
    """Point an alias to a completed run."""
    with db.transaction() as transaction:
        changed = aliases.put(transaction, actor, model, alias, body.run)
        return aliases.get(transaction, model, alias) | {"changed": changed}


@router.get("")
def get_alias(model: ModelName, alias: Alias, db: Db) -> Body:
    """Where an alias points, and who had it point where before, since when."""
    with db.transaction() as transaction:
        return aliases.get(transaction, model, alias)


@router.delete("")
def delete_alias(model: ModelName, alias: Alias, db: Db, actor: Actor) -> Body:
    """Remove an alias; its history stays."""
    with db.transaction() as transaction:
        aliases.delete(transaction, actor, model, alias)
    return {"model": model, "alias": alias, "deleted": True}
