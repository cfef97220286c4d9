"""Models and their versions."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from amml_model_manager.context import Actor, Body, Db, Files, ModelName, Reference, Version
from amml_model_manager.definition import DefinitionRefused, parse_definition
from amml_model_manager.documents import Text
from amml_model_manager.errors import Refused
from amml_model_manager.store import models, runs

router = APIRouter(prefix="/models", tags=["models"])


class Definition(BaseModel):
    """A definition as it was written: YAML with the blocks `model` and `train`."""

    model_config = ConfigDict(extra="forbid")
    definition: Text


@router.post("/validate")
def validate(body: Definition) -> Body:
    """What is wrong with a definition, and the document it stands for if nothing is."""
    try:
        document = parse_definition(body.definition)
    except DefinitionRefused as error:
        return {"problems": _listed(error), "document": None}
    return {"problems": [], "document": document}


@router.put("/{model}/versions/{version}")
def put_version(model: ModelName, version: Version, body: Definition, db: Db, actor: Actor) -> Body:
    """Add a version. It is final once it has runs; before, another definition replaces it."""
    try:
        document = parse_definition(body.definition)
    except DefinitionRefused as error:
        text = f"definition of `{model}:{version}`: {error}"
        raise Refused("definition_refused", text, problems=_listed(error)) from error
    with db.transaction() as transaction:
        models.put_version(transaction, actor, model, version, body.definition, document)
        return models.get_version(transaction, model, version)


@router.get("")
def get_models(db: Db) -> list[Body]:
    """All models with the names of their versions and aliases."""
    with db.transaction() as transaction:
        return models.every(transaction)


@router.get("/{model}")
def get_model(model: ModelName, db: Db) -> Body:
    """One model: versions, their runs, aliases."""
    with db.transaction() as transaction:
        return models.get(transaction, model)


@router.get("/{model}/versions/{version}")
def get_version(model: ModelName, version: Version, db: Db) -> Body:
    """One version: definition, parsed document, runs, newest completed run, aliases."""
    with db.transaction() as transaction:
        return models.get_version(transaction, model, version)


@router.delete("/{model}/versions/{version}")
def delete_version(model: ModelName, version: Version, db: Db, files: Files, actor: Actor) -> Body:
    """Remove a version, its runs and their files, unless something uses it."""
    with db.transaction() as transaction:
        models.delete_version(transaction, actor, model, version)
    with db.transaction() as transaction:  # after the rows, so that none is left dangling
        if models.is_free(transaction, model, version):
            files.delete(files.paths.version(model, version))
    return {"model": model, "version": version, "deleted": True}


@router.get("/{model}/resolve/{reference}")
def resolve(model: ModelName, reference: Reference, db: Db) -> Body:
    """The run that a version (its newest completed one) or an alias stands for."""
    with db.transaction() as transaction:
        return runs.resolve(transaction, model, reference)


def _listed(error: DefinitionRefused) -> list[dict[str, Any]]:
    return [{"path": problem.path, "message": problem.message} for problem in error.problems]
