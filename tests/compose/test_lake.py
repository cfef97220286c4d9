"""The lake of the platform, written and read by workflows in containers."""

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import


def test_what_one_workflow_keeps_another_reads(site: Site) -> None:
    texts = {
        "keep": 'normalsource rows=5000, every=1m | to_lake name="kept", roll=1s',
        "read": 'source id="lake:kept", from="1970-01-02" | to_lake name="again", roll=1s',
    }
    try:
        for name, text in texts.items():
            deployed = site.amml("deploy", name, text, "--target", "compose", "--wait")
            assert deployed.code == 0, deployed.err
        found = json.loads(site.amml("datasets", "--output", "json").out)
        rows = {each["name"]: each["document"]["totals"]["rows"] for each in found}
        assert rows == {"kept": 5000, "again": 5000 - 1440}
    finally:
        for name in texts:
            site.amml("undeploy", name, "--yes")
