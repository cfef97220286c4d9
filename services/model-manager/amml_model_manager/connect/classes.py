"""Which connectors may be used: those whose settings are known here, and those the owner names."""

from collections.abc import Iterable
from difflib import get_close_matches

OURS = "amml.connect.jdbc.JdbcSourceConnector"
CONFLUENT = "io.confluent.connect.jdbc.JdbcSourceConnector"
DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector"
MONGO = "com.mongodb.kafka.connect.MongoSourceConnector"
KNOWN = (OURS, DEBEZIUM, MONGO, CONFLUENT)
JDBC = (OURS, CONFLUENT)


def is_allowed(name: str, more: Iterable[str]) -> bool:
    """Whether a class may be used.

    Parameters:
        more: the classes of AMML_CONNECT_CLASSES. Those that read the worker's own files are
            refused even there.

    >>> is_allowed(OURS, ()), is_allowed("org.apache.kafka.connect.file.FileStreamSource", ())
    (True, False)
    """
    return name in (*KNOWN, *more) and "FileStream" not in name


def problem(name: str, more: Iterable[str]) -> str:
    """What is wrong with a class; empty when it may be used.

    >>> problem("PostgresConnector", ())
    '`PostgresConnector` is not allowed; did you mean `io.debezium.connector...PostgresConnector`?'
    """
    if is_allowed(name, more):
        return ""
    allowed = [each for each in (*KNOWN, *more) if is_allowed(each, more)]
    short = {each.rpartition(".")[2]: each for each in reversed(allowed)}
    near = get_close_matches(name.rpartition(".")[2], short, n=1)
    if near and "FileStream" not in name:
        return f"`{name[:200]}` is not allowed; did you mean `{short[near[0]]}`?"
    return f"`{name[:200]}` is not allowed here; allowed are {', '.join(allowed)}"


def chosen(name: str, installed: Iterable[str]) -> tuple[str, str]:
    """The class to use for one that was named, and what to tell about it.

    Parameters:
        installed: the classes that the worker has.
    Errors: LookupError, it has none that would do.

    >>> chosen(CONFLUENT, [OURS])[0]
    'amml.connect.jdbc.JdbcSourceConnector'
    """
    there = set(installed)
    if name in there:
        return name, ""
    if name == CONFLUENT and OURS in there:
        return OURS, f"{CONFLUENT} is not installed: {OURS} does its work"
    raise LookupError(
        f"`{name}` is not installed on the worker, which has {', '.join(sorted(there)) or 'none'}; "
        "put its jars into a folder of the worker's plug-ins and start the worker again"
    )
