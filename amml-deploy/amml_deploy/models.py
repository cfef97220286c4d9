"""Models, their versions and runs, as the control API knows them, in rows for a person."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from amml_deploy.control import Control
from amml_deploy.errors import UserError
from amml_deploy.names import check, split_model

Document: TypeAlias = Mapping[str, Any]

RUN_HEADERS = ["VERSION", "RUN", "STATUS", "EPOCHS", "LOSS", "MAE", "PERSISTENCE", "ALIASES"]


def add_version(control: Control, name: str, version: str, definition: str) -> dict[str, Any]:
    """Add a version of a model.

    Errors: UserError, with every problem of the definition; ControlError, the version has runs
        that were trained with another definition.
    """
    problems = control.post("/models/validate", {"definition": definition})["problems"]
    if problems:
        lines = [f"{p['path']}: {p['message']}" if p["path"] else p["message"] for p in problems]
        raise UserError("\n".join([f"the definition of {name}:{version} is wrong", *lines]))
    return control.put(f"/models/{name}/versions/{version}", {"definition": definition})


def runs_of(control: Control, name: str, version: str | None = None) -> list[dict[str, Any]]:
    """The whole documents of a model's runs, each with the aliases that point to it."""
    model = control.get(f"/models/{name}")
    pointing = model["aliases"]
    wanted = [v for v in model["versions"] if version in (None, v["version"])]
    if version is not None and not wanted:
        known = ", ".join(each["version"] for each in model["versions"])
        raise UserError(f"model `{name}` has no version `{version}`; there are {known}")
    return [
        control.get(f"/models/{name}/versions/{each['version']}/runs/{run['run']}")
        | {"aliases": [a["alias"] for a in pointing if a["run"] == run["run"]]}
        for each in wanted
        for run in each["runs"]
    ]


def run_row(run: Document) -> list[Any]:
    """A run under RUN_HEADERS; errors are in the unit of the label, if its scale is known."""
    metrics = run.get("metrics") or {}
    epochs = run.get("epochs") or []
    loss = metrics.get("loss", epochs[-1].get("loss") if epochs else None)
    mae, persistence = errors_of(metrics)
    status, aliases = run["status"], run.get("aliases", [])
    return [run["version"], run["run"], status, len(epochs), loss, mae, persistence, aliases]


def errors_of(metrics: Document) -> tuple[float | None, float | None]:
    """The held-out error of a run, and that of repeating the last value on the same rows."""
    return (
        metrics.get("mae_original", metrics.get("mae")),
        metrics.get("persistence_original", metrics.get("persistence")),
    )


def model_and_version(reference: str) -> tuple[str, str | None]:
    """`ett:0.1` or `ett`.

    Errors: UserError.

    >>> model_and_version("ett:0.1"), model_and_version("ett")
    (('ett', '0.1'), ('ett', None))
    """
    if ":" in reference:
        return split_model(reference)
    return check("model", reference), None


def model_and_alias(reference: str) -> tuple[str, str]:
    """`ett:production`.

    Errors: UserError.
    """
    name, colon, alias = reference.partition(":")
    if not colon:
        raise UserError(f"an alias is named MODEL:ALIAS, as ett:production; found {reference!r}")
    return check("model", name), check("alias", alias)


def target_run(control: Control, name: str, target: str) -> str:
    """The run that a user means by a run, or by a version: its newest completed one.

    Errors: UserError or ControlError, saying what there is.
    """
    runs = {run["run"] for run in _listed(control, name)}
    if target in runs:
        return target
    if "." in target and _looks_like_run(target):
        known = ", ".join(sorted(runs)) or "none yet"
        raise UserError(f"model `{name}` has no run `{target[:80]}`; there are {known}")
    return control.get(f"/models/{name}/resolve/{check('version', target)}")["run"]


def _listed(control: Control, name: str) -> Iterator[Document]:
    for version in control.get(f"/models/{name}")["versions"]:
        yield from version["runs"]


def _looks_like_run(text: str) -> bool:
    """As `ett-train.r1.train_lstm`."""
    return text[0].isalpha() and ".r" in text
