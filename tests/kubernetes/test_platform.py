"""The platform of helm/amml itself: run with `pytest -m kubernetes`."""

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import


def secrets(site: Site) -> dict[str, Any]:
    found = json.loads(site.kubectl("get", "secret", "-o", "json"))["items"]
    return {each["metadata"]["name"]: each["data"] for each in found if each["type"] == "Opaque"}


def test_a_fresh_installation_is_well(site: Site) -> None:
    """It was given three minutes, in a namespace that takes only restricted pods."""
    done = site.amml("list")
    assert (done.code, "no workflows yet" in done.err) == (0, True)
    pods = json.loads(
        site.kubectl("get", "pods", "-l", "app.kubernetes.io/name=amml", "-o", "json")
    )
    ready = [all(c["ready"] for c in pod["status"]["containerStatuses"]) for pod in pods["items"]]
    assert ready == [True] * 4


def test_an_upgrade_keeps_passwords_and_token(site: Site) -> None:
    before = secrets(site)
    assert set(before) == {"amml-token", "amml-postgres"}
    site.helm("upgrade", "amml", "helm/amml", "--reuse-values", "--wait", "--timeout", "3m")
    assert secrets(site) == before
    assert site.amml("list").code == 0
