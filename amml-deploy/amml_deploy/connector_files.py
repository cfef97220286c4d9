"""The configuration of a connector, from a file or from a few words."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from amml_deploy.errors import UserError

JDBC = "amml.connect.jdbc.JdbcSourceConnector"

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def read(file: str) -> str:
    """The text of a file, or of stdin for `-`.

    Errors: UserError, it cannot be read.
    """
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"there is no file `{file}`; with --jdbc URL it would be a name") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from error


def parse(text: str, name: str | None) -> tuple[str, dict[str, str]]:
    """The name and the settings in a file: JSON or YAML, `{"name", "config"}` or settings alone.

    Errors: UserError, it is neither, or nobody says the name.

    >>> parse("connector.class: a.B\\nname: hall\\npoll.interval.ms: 10000", None)
    ('hall', {'connector.class': 'a.B', 'name': 'hall', 'poll.interval.ms': '10000'})
    """
    document = _document(text)
    config: Any = document.get("config", document)
    if "config" in document and document.keys() - {"name", "config"}:
        more = ", ".join(sorted(map(str, document.keys() - {"name", "config"})))
        raise UserError(f"beside `config` goes `name` only, found {more}")
    if not isinstance(config, dict):
        raise UserError("`config` holds settings, as `mode: bulk`")
    said = name or document.get("name") or config.get("name")
    if not said:
        raise UserError("the file does not say the connector's name: give --name NAME")
    # The name that was asked for wins, as long as the file does not hide another in `config`.
    settings = {str(key): _word(str(key), value) for key, value in config.items()}
    return str(said), settings | ({"name": str(said)} if "name" in settings else {})


def jdbc_config(
    name: str,
    url: str,
    user: str | None = None,
    password_secret: str | None = None,
    tables: Sequence[str] = (),
    query: str | None = None,
    time_column: str | None = None,
    id_column: str | None = None,
    mode: str | None = None,
    every: str | None = None,
) -> dict[str, str]:
    """The settings of our JDBC source.

    Parameters:
        mode: by default what the columns allow: `timestamp+incrementing` with both, `bulk` with
            neither.
        every: how often it looks, as `10s`.
    Errors: UserError, they do not fit together.

    >>> jdbc_config("hall", "jdbc:sqlite:h.db", tables=["co2"], id_column="id")["mode"]
    'incrementing'
    """
    if bool(tables) == bool(query):
        raise UserError("give either --table or --query")
    known = [("timestamp", time_column), ("incrementing", id_column)]
    config = {
        "connector.class": JDBC,
        "connection.url": url,
        "connection.user": user,
        "connection.password": f"${{secret:{password_secret}}}" if password_secret else None,
        "table.whitelist": ",".join(tables) or None,
        "query": query,
        "timestamp.column.name": time_column,
        "incrementing.column.name": id_column,
        "mode": mode or "+".join(word for word, column in known if column) or "bulk",
        "poll.interval.ms": milliseconds(every) if every else None,
        "topic.prefix": name if query else f"{name}.",
    }
    return {key: value for key, value in config.items() if value is not None}


def milliseconds(text: str) -> str:
    """A duration as Connect takes it.

    Errors: UserError.

    >>> milliseconds("10s"), milliseconds("500ms")
    ('10000', '500')
    """
    match = re.fullmatch(r"(\d{1,9})(ms|s|m|h)", text)
    if match is None:
        raise UserError(f"a duration is a number with ms, s, m or h, as 10s; found {text[:40]!r}")
    return str(int(match[1]) * _UNITS[match[2]])


def setting(text: str) -> tuple[str, str]:
    """The two sides of `key=value`.

    Errors: UserError.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set takes key=value, found {text[:80]!r}")
    return key.strip(), value


def _document(text: str) -> Mapping[str, Any]:
    import yaml

    try:
        document = json.loads(text)
    except ValueError:
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UserError(f"neither JSON nor YAML: {error}") from None
    if not isinstance(document, dict):
        raise UserError('expected {"name": ..., "config": {...}} or settings, as `mode: bulk`')
    return document


def _word(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UserError(f"{key}: expected a text, a number or true or false; put it in quotes")
