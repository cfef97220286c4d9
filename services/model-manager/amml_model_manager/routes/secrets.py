"""Secrets: they are set, listed by name and removed; no route gives a value back."""

from fastapi import APIRouter

from amml_model_manager.connect.connectors import Connectors
from amml_model_manager.context import Actor, Body, Db, Raw, SecretName, Secrets, SomeConnectors
from amml_model_manager.errors import Conflict, Refused, TooLarge, Unavailable
from amml_model_manager.secret_store import MAX_BYTES
from amml_model_manager.store import audit

router = APIRouter(prefix="/secrets", tags=["secrets"])


@router.put("/{name}")
def put_secret(name: SecretName, value: Raw, store: Secrets, db: Db, actor: Actor) -> Body:
    """Set a secret: the body is its value, UTF-8 text as it is."""
    text = _text(name, value)
    with db.transaction() as transaction:
        audit.record(transaction, actor, "secret.put", f"secret {name}")
        changed = store.put(name, text)
    return {"name": name, "changed": changed}


@router.get("")
def get_secrets(store: Secrets) -> list[Body]:
    """The names of all secrets."""
    return [{"name": name} for name in store.names()]


@router.delete("/{name}")
def delete_secret(
    name: SecretName, store: Secrets, connectors: SomeConnectors, db: Db, actor: Actor
) -> Body:
    """Remove a secret that no connector refers to; `notes` say if nobody could tell."""
    notes = _check_unused(name, connectors) if connectors and name in store.names() else []
    with db.transaction() as transaction:
        audit.record(transaction, actor, "secret.delete", f"secret {name}")
        store.remove(name)
    return {"name": name, "deleted": True, "notes": notes}


def _check_unused(name: str, connectors: Connectors) -> list[str]:
    try:
        users = connectors.users_of(name)
    except Unavailable as error:  # a platform may have secrets, and no worker
        return [f"{error.message}, so nobody could tell whether a connector uses it"]
    if users:
        text = f"secret `{name}` is used by the connectors: {', '.join(users)}"
        raise Conflict("secret_in_use", text, "Delete or change them first.")
    return []


def _text(name: str, value: bytes) -> str:
    if len(value) > MAX_BYTES:
        raise TooLarge("too_large", f"secret `{name}`: expected at most {MAX_BYTES} bytes")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Refused("wrong_secret", f"secret `{name}`: expected UTF-8 text") from None
    if not text or "\0" in text:
        raise Refused("wrong_secret", f"secret `{name}`: expected text without NUL, not empty")
    return text
