"""Connectors of Kafka Connect: the paths and bodies of its own REST API, behind the token."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from amml_model_manager.connect.connectors import Examined
from amml_model_manager.context import (
    Actor,
    Body,
    ConnectorName,
    Db,
    PluginName,
    Raw,
    Registered,
)
from amml_model_manager.database import Database
from amml_model_manager.documents import checked
from amml_model_manager.errors import BadRequest, Conflict, TooLarge
from amml_model_manager.names import check
from amml_model_manager.store import audit

LIMIT = 64 * 1024
router = APIRouter(tags=["connectors"])


@router.get("/connectors")
def get_connectors(
    connectors: Registered, expand: Annotated[list[str] | None, Query()] = None
) -> Any:
    """The names of all; with `expand=status` and `expand=info`, what is known of each."""
    return connectors.every(expand)


@router.post("/connectors")
def post_connector(
    raw: Raw, connectors: Registered, db: Db, actor: Actor, response: Response
) -> Body:
    """Add a connector: `{"name", "config"}`; beside Connect's answer are `notes`."""
    body = _document(raw)
    name = _name(body)
    examined = connectors.examine(name, _config(body.get("config")))
    if connectors.is_there(name):
        text, help = f"connector `{name}` already exists", f"PUT /connectors/{name}/config"
        raise Conflict("connector_exists", text, f"{help} changes it.")
    response.status_code = 201
    return _put(examined, connectors, db, actor)


@router.put("/connectors/{name}/config")
def put_config(
    name: ConnectorName,
    raw: Raw,
    connectors: Registered,
    db: Db,
    actor: Actor,
    response: Response,
) -> Body:
    """Add a connector or change it; the same again changes nothing (`changed`)."""
    examined = connectors.examine(name, _config(_document(raw)))
    answer = _put(examined, connectors, db, actor)
    response.status_code = 201 if answer["new"] else 200
    return answer


@router.get("/connectors/{name}")
def get_connector(name: ConnectorName, connectors: Registered) -> Body:
    """Its configuration, its tasks and its type."""
    return connectors.look(name)


@router.get("/connectors/{name}/config")
def get_config(name: ConnectorName, connectors: Registered) -> Body:
    """Its configuration; secrets are references."""
    return connectors.look(name, "/config")


@router.get("/connectors/{name}/status")
def get_connector_status(name: ConnectorName, connectors: Registered) -> Body:
    """How it is, and how each of its tasks is."""
    return connectors.look(name, "/status")


@router.get("/connectors/{name}/topics")
def get_topics(name: ConnectorName, connectors: Registered) -> Body:
    """The topics it has written to: `{"topics": [...]}`, and the same under its name."""
    connectors.look(name)  # the worker says of a connector that is not there that it has no topics
    found = connectors.look(name, "/topics")
    return {**found, "topics": sorted(found[name]["topics"])}


@router.put("/connectors/{name}/pause", status_code=202)
def put_pause(name: ConnectorName, connectors: Registered, db: Db, actor: Actor) -> None:
    """Stop its tasks, and keep where they were."""
    with db.transaction() as transaction:
        audit.record(transaction, actor, "connector.pause", f"connector {name}")
        connectors.pause(name)


@router.put("/connectors/{name}/resume", status_code=202)
def put_resume(name: ConnectorName, connectors: Registered, db: Db, actor: Actor) -> None:
    """Go on after a pause."""
    with db.transaction() as transaction:
        audit.record(transaction, actor, "connector.resume", f"connector {name}")
        connectors.resume(name)


@router.post("/connectors/{name}/restart", status_code=202)
def post_restart(
    name: ConnectorName,
    connectors: Registered,
    db: Db,
    actor: Actor,
    includeTasks: bool = False,
    onlyFailed: bool = False,
) -> Any:
    """Start it again; `includeTasks=true` its tasks too, `onlyFailed=true` only what has failed."""
    query = {"includeTasks": includeTasks, "onlyFailed": onlyFailed}
    with db.transaction() as transaction:
        audit.record(transaction, actor, "connector.restart", f"connector {name}", **query)
        return connectors.restart(name, **{key: str(on).lower() for key, on in query.items()})


@router.delete("/connectors/{name}")
def delete_connector(name: ConnectorName, connectors: Registered, db: Db, actor: Actor) -> Body:
    """Remove it; `notes` say what stays, such as a replication slot."""
    with db.transaction() as transaction:
        audit.record(transaction, actor, "connector.delete", f"connector {name}")
        notes = connectors.delete(name)
    return {"name": name, "deleted": True, "notes": notes}


@router.get("/connector-plugins")
def get_plugins(connectors: Registered) -> list[Body]:
    """The connectors that the worker has; `allowed` are those that may be used here."""
    return connectors.plugins()


@router.put("/connector-plugins/{name}/config/validate")
def put_validate(name: PluginName, raw: Raw, connectors: Registered) -> Body:
    """Every setting with its errors; changes nothing."""
    config = _config(_document(raw))
    if config.get("connector.class", name) != name:
        raise BadRequest("wrong_class", f"the path names the class `{name}`, the body another")
    return connectors.validate(config.get("name", "validated"), config | {"connector.class": name})


def _put(examined: Examined, connectors: Registered, db: Database, actor: str) -> Body:
    with db.transaction() as transaction:
        answer = connectors.apply(examined)
        if answer["changed"]:
            detail = {"class": examined.config["connector.class"], "new": answer["new"]}
            thing = f"connector {examined.name}"
            audit.record(transaction, actor, "connector.put", thing, **detail)
    return answer


def _document(raw: bytes) -> dict[str, Any]:
    """The body; what is wrong with it is said without quoting it."""
    if len(raw) > LIMIT:
        raise TooLarge("too_large", f"expected at most {LIMIT} bytes of JSON")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest("no_json", "the body is no JSON") from None
    if not isinstance(document, dict):
        raise BadRequest("no_object", "the body: expected a JSON object")
    return document


def _name(body: dict[str, Any]) -> str:
    if body.keys() - {"name", "config"}:
        keys = ", ".join(sorted(body.keys() - {"name", "config"}))[:200]
        raise BadRequest("wrong_body", f"expected `name` and `config` only, found {keys}")
    try:
        return check("connector", str(body.get("name", "")))
    except ValueError as error:
        raise BadRequest("wrong_name", str(error)) from None


def _config(document: Any) -> dict[str, str]:
    """Settings as texts: Connect takes numbers and booleans as their words."""
    if not isinstance(document, dict):
        raise BadRequest("wrong_body", "`config`: expected an object of settings")
    config: dict[str, str] = {}
    for key, value in document.items():
        if value is None:
            continue
        if isinstance(value, dict | list):
            raise BadRequest("wrong_value", f"{key[:200]}: expected a text, a number or a boolean")
        config[key] = value if isinstance(value, str) else json.dumps(value)
    try:
        return checked(config)
    except ValueError:
        raise BadRequest("wrong_value", "expected texts without NUL and half surrogates") from None
