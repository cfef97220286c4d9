"""What Connect's `validate` answers: settings with their definitions, values and errors."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

from amml_model_manager.connect.masking import HIDDEN, is_plain, names_a_password

Infos: TypeAlias = Mapping[str, Any]

_CLOSE = 0.85  # of a setting that the plug-in does not know to one that it does


def errors(infos: Infos) -> dict[str, list[str]]:
    """What is wrong with each setting."""
    values = (each["value"] for each in infos["configs"])
    return {each["name"]: each["errors"] for each in values if each["errors"]}


def passwords(infos: Infos) -> list[str]:
    """The settings that hold a password, as the plug-in says."""
    definitions = (each["definition"] for each in infos["configs"])
    return [each["name"] for each in definitions if each and each["type"] == "PASSWORD"]


def mistyped(config: Mapping[str, str], infos: Infos) -> dict[str, str]:
    """For each setting that nobody reads and that is nearly a known one: the known one."""
    known = {str(each["value"]["name"]) for each in infos["configs"]}
    free = sorted(known - config.keys())
    near = {key: get_close_matches(key, free, 1, _CLOSE) for key in config if key not in known}
    return {key: found[0] for key, found in near.items() if found}


def as_given(infos: Infos, config: Mapping[str, str]) -> dict[str, Any]:
    """The answer with each value as it was given: Connect puts secrets in place of references.

    >>> url = {"definition": {"name": "url", "type": "STRING"}, "value": {"name": "url"}}
    >>> url["value"]["value"] = "jdbc:x://u:hunter22@db"
    >>> given = as_given({"configs": [url]}, {"url": "jdbc:x://u:${secret:db}@db"})
    >>> given["configs"][0]["value"]["value"]
    'jdbc:x://u:${secret:db}@db'
    """
    marked = set(passwords(infos))

    def shown(key: str, found: Any) -> Any:
        value = config.get(key, found)
        return HIDDEN if (key in marked or names_a_password(key)) and is_plain(value) else value

    configs = [
        each
        | {"value": each["value"] | {"value": shown(each["value"]["name"], each["value"]["value"])}}
        for each in infos["configs"]
    ]
    return {**infos, "configs": configs}
