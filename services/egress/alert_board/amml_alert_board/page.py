"""The page: plain HTML, everything in it escaped, no script."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Alert = Mapping[str, Any]

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:1.5rem;color:#1c1c1c;background:#fff}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #ccc}
td{overflow-wrap:anywhere}
form{display:inline-block;margin:0 .3rem .3rem 0}
button,select{font:inherit}
:focus-visible{outline:3px solid #005fcc;outline-offset:2px}
.critical{border-left:.4rem solid #b00020}.warning{border-left:.4rem solid #a86400}
.problem{border:2px solid #b00020;padding:.5rem}
"""
_HEADERS = ("Severity", "Workflow and step", "Key", "Since", "Value", "Message", "Seen", "Actions")
_SILENCES = {"30m": "30 minutes", "1h": "1 hour", "8h": "8 hours", "1d": "1 day"}


def board(alerts: Sequence[Alert], problems: Iterable[str]) -> str:
    """What is open, with what can be done about it."""
    head = "".join(f'<th scope="col">{each}</th>' for each in _HEADERS)
    rows = "".join(map(_row, alerts))
    caption = f"{len(alerts)} open alerts" if len(alerts) != 1 else "1 open alert"
    return _page(
        "Alerts",
        "".join(f'<p class="problem" role="alert">{escape(each)}</p>' for each in problems)
        + f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        + f"<tbody>{rows}</tbody></table>",
    )


def history(alert: Alert) -> str:
    """One alert, and what became of it."""
    names = ("id", "workflow", "step", "key", "severity", "state", "time", "value", "message")
    facts = "".join(
        f'<tr><th scope="row">{name}</th><td>{_text(alert.get(name))}</td></tr>' for name in names
    )
    changes = "".join(
        f"<tr><td>{_time(each['at'])}</td><td>{_text(each['what'])}</td>"
        f"<td>{_text(each['actor'] or 'the workflow')}</td></tr>"
        for each in alert["history"]
    )
    head = "".join(f'<th scope="col">{each}</th>' for each in ("At", "What", "Who"))
    return _page(
        "Alert",
        f'<p><a href="/">All open alerts</a></p><table><tbody>{facts}</tbody></table>'
        f"<table><caption>History</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{changes}</tbody></table>",
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )


def _row(alert: Alert) -> str:
    severity = alert["severity"] if alert["severity"] in ("critical", "warning") else ""
    step = f"{alert['workflow']}.{alert['step']}"
    cells = (step, alert["key"])
    return (
        f'<tr class="{severity}"><td>{_text(alert["severity"])}</td>'
        + "".join(f"<td>{_text(each)}</td>" for each in cells)
        + f"<td>{_time(alert['time'])}</td><td>{_text(alert['value'])}</td>"
        + f"<td>{_text(alert['message'])}</td><td>{_seen(alert)}</td>"
        + f"<td>{_actions(alert, step)}</td></tr>"
    )


def _seen(alert: Alert) -> str:
    seen = f"by {_text(alert['acknowledged_by'])}" if alert.get("acknowledged_by") else "no"
    until = alert.get("silenced_until")
    return f"{seen}; silent until {_time(until)}" if until else seen


def _actions(alert: Alert, step: str) -> str:
    named = f"{step} {alert['key'] or ''}".strip()
    query = f"?workflow={_url(alert['workflow'])}&amp;id={_url(alert['id'])}"
    choices = "".join(f'<option value="{key}">{text}</option>' for key, text in _SILENCES.items())
    label = escape(f"how long to silence {named}", quote=True)
    select = f'<select name="for" aria-label="{label}">{choices}</select>'
    return (
        _form(alert, "acknowledge", named)
        + _form(alert, "silence", named, select)
        + _form(alert, "resolve", named)
        + f'<a href="/alert{query}" aria-label="{escape(f"history of {named}")}">History</a>'
    )


def _form(alert: Alert, does: str, named: str, more: str = "") -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(str(alert[name]), quote=True)}">'
        for name in ("workflow", "id")
    )
    label = escape(f"{does} {named}", quote=True)
    button = f'<button name="do" value="{does}" aria-label="{label}">{does.capitalize()}</button>'
    return f'<form method="post" action="/alert">{hidden}{more}{button}</form>'


def _text(value: Any) -> str:
    return "–" if value in (None, "") else escape(str(value))


def _time(text: Any) -> str:
    return escape(str(text)[:19].replace("T", " "))


def _url(text: str) -> str:
    from urllib.parse import quote

    return quote(str(text), safe="")
