"""YAML from strangers: `safe_load` behind limits of size and depth, and without aliases."""

from typing import Any

import yaml

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_EVENTS = 5000  # values, starts and ends: a definition has a few hundred


class YamlRefused(ValueError):
    """The text is no YAML, or goes beyond a limit; the message has the line if there is one."""


def load(text: str) -> Any:
    """The value that `text` spells.

    Errors: YamlRefused.

    >>> load("a: &x [1]\\nb: *x")
    Traceback (most recent call last):
    amml_model_manager.limited_yaml.YamlRefused: line 2: aliases (`*x`) are not allowed
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise YamlRefused(f"expected at most {MAX_BYTES} bytes, found more")
    try:
        _check_events(text)
        _check_keys(yaml.compose(text, yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlRefused(f"{line}{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise YamlRefused(f"no YAML: {str(error).splitlines()[0]}") from error
    except (ValueError, OverflowError) as error:  # a date like 2020-13-45, an int of 5,000 digits
        raise error if isinstance(error, YamlRefused) else YamlRefused(str(error)) from error


def _check_events(text: str) -> None:
    """Refuse by events, before anything is built: a bomb never goes off."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise YamlRefused(f"line {line}: aliases (`*{event.anchor}`) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if number > MAX_EVENTS:
            raise YamlRefused(f"line {line}: expected at most {MAX_EVENTS} values")
        if depth > MAX_DEPTH:
            raise YamlRefused(f"line {line}: expected nesting of at most {MAX_DEPTH}")


def _check_keys(node: yaml.Node | None) -> None:
    """Refuse a key given twice, of which YAML would silently keep the last."""
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise YamlRefused(f"line {key.start_mark.line + 1}: `{key.value}` is given twice")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    for child in children:
        _check_keys(child)
