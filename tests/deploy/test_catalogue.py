"""What a plan is told of the world."""

from typing import Any

from amml_deploy.catalogue import Wanted, deployed, fetch
from amml_deploy.control import Control
from amml_runtime.spec import Plan


class Listing(Control):
    """A control API with one model of two versions, and nothing else."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "token")

    def find(self, path: str, **query: Any) -> Any:
        """Nothing that is asked for by name is there."""

    def get(self, path: str, **query: Any) -> Any:
        """The list of models, as the API gives it."""
        assert path == "/models"
        return [{"name": "ett", "versions": ["0.1", "0.2"], "aliases": ["production"]}]


def test_models_are_known_as_a_text_names_them() -> None:
    found = fetch(Listing(), Wanted(models=(("ett", "0.3"),)))
    assert found.known["model"] == ("ett:0.1", "ett:0.2", "ett:production")


def test_a_report_on_an_older_version_says_nothing_of_this_one() -> None:
    plan = Plan("amml", "p", run=1, bounded=True, text="", steps=(), topics=()).to_json()
    told = {"name": "p", "text": "", "plan": plan, "run": 1, "desired": "running"}
    report = {"version": 1, "state": "completed"}
    assert deployed({**told, "version": 1, "status": report}).state == "completed"
    assert deployed({**told, "version": 2, "status": report}).state == ""
