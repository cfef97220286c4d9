"""`/docs`: the API as one page, made here, with no script and nothing from another host."""

from html import escape
from typing import Any

_STYLE = """
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto }
    h3 { font: 600 1rem ui-monospace, monospace; margin: 1.5rem 0 0 }
    p { margin: .2rem 0 } li { margin: .1rem 0 } code { background: #8882; padding: 0 .2rem }
"""


def render(schema: dict[str, Any]) -> str:
    """The page for an OpenAPI schema."""
    groups: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(method, path, operation))
    parts = [f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in groups.items()]
    title, description = escape(schema["info"]["title"]), escape(schema["info"]["description"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>{description} The schema: <a href='openapi.json'>openapi.json</a></p>"
        f"{''.join(parts)}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    fields = "".join(f"<li>{_parameter(p)}</li>" for p in operation.get("parameters", []))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        fields += f"<li><code>{escape(_type(body['schema']))}</code> in the body</li>"
    return (
        f"<h3>{method.upper()} {escape(path)}</h3>"
        f"<p>{escape(operation.get('description', ''))}</p><ul>{fields}</ul>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    wanted = ", required" if parameter.get("required") else ""
    return f"<code>{escape(parameter['name'])}</code> in the {escape(parameter['in'])}{wanted}"


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return schema.get("$ref", schema.get("title", "JSON object")).rpartition("/")[2]
