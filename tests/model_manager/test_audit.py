"""Who did what."""

from collections.abc import Callable

import psycopg2
import pytest
import requests

from amml_model_manager.database import Database


def test_every_change_is_noted_with_its_actor(
    api: requests.Session, deploy: Callable[..., requests.Response]
) -> None:
    api.headers["X-Amml-Actor"] = "ada@laptop"
    api.put("/sources/ett", json={"kind": "topic", "topic": "t"})
    deploy(sources=["ett"])
    api.patch("/workflows/hot", json={"desired": "removed"})
    api.delete("/workflows/hot")
    api.delete("/sources/ett")
    noted = [(a["actor"], a["action"], a["object"]) for a in api.get("/audit").json()]
    assert noted == [
        ("ada@laptop", "source.delete", "source ett"),
        ("ada@laptop", "workflow.delete", "workflow hot"),
        ("ada@laptop", "workflow.desire", "workflow hot"),
        ("ada@laptop", "workflow.put", "workflow hot"),
        ("ada@laptop", "source.put", "source ett"),
    ]


def test_what_changes_nothing_is_not_noted(
    api: requests.Session, deploy: Callable[..., requests.Response]
) -> None:
    for _ in range(3):
        deploy()
        api.put("/sources/ett", json={"kind": "topic", "topic": "t"})
        api.put("/sources/ett", json={"kind": "nonsense"})
    assert len(api.get("/audit").json()) == 2


def test_an_actor_is_cleaned(api: requests.Session) -> None:
    for name, noted in (("b\xe9a\x01", "b?a?"), ("", "unknown"), ("x" * 500, "x" * 80)):
        api.put(
            "/sources/a",
            json={"kind": "topic", "n": name},
            headers={"X-Amml-Actor": name.encode("latin-1")},
        )
        assert api.get("/audit?limit=1").json()[0]["actor"] == noted


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_audit_only_grows(api: requests.Session, database: Database, change: str) -> None:
    api.put("/sources/a", json={"kind": "topic"})
    with pytest.raises(psycopg2.Error, match="audit only grows"), database.transaction() as cursor:
        cursor.run(change)
    assert len(api.get("/audit").json()) == 1
