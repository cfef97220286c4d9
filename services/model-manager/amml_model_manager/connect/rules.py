"""What no connector's configuration may hold, told for all of its settings at once."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from amml_model_manager.connect.classes import problem as class_problem
from amml_model_manager.connect.masking import HIDDEN

Problems: TypeAlias = dict[str, list[str]]
"""What is wrong with each setting; `connector.class` has what is wrong with the whole."""

_KEYS = {
    # CVE-2023-25194, CVE-2025-27817: settings of Kafka's clients reach code and files.
    r".*\.override\..*": "Kafka's clients are the worker's own",
    r"(signal|schema\.history\.internal)\.(kafka|consumer|producer)\..*": (
        "Kafka's clients are the worker's own"
    ),
    r"config\.providers(\..*)?": "a secret is written ${secret:NAME}, there is no other provider",
    r".*sasl\.(jaas|login|client|oauthbearer)\..*": "who the worker is, is its own matter",
    # Drivers of databases load classes and write files by these (CVE-2022-21724).
    r".*\b(socketfactory|sslfactory|sslhostnameverifier|sslpasswordcallback)(arg)?": (
        "a driver's own classes are not loaded from here"
    ),
    r".*\b(authenticationpluginclassname|loggerfile|jaasapplicationname)": (
        "a driver's own classes and files are not reached from here"
    ),
}
_REFUSED = [(re.compile(pattern, re.IGNORECASE), why) for pattern, why in _KEYS.items()]

_CONVERTERS = (
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.storage.StringConverter",
)
_PACKAGES = (
    "org.apache.kafka.connect.transforms.",
    "io.debezium.",
    "com.mongodb.kafka.connect.",
    "amml.connect.",
)
_SCRIPTS = re.compile(r"io\.debezium\.(transforms\.(Filter|ContentBasedRouter|scripting\.).*)")
_CLASS = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*){2,}")
_NAMES_A_CLASS = re.compile(
    r"(.*[._])?(class|classes|type|strategy|maker|mapper|handler|factory|provider|custom\.name)"
)
# As Connect itself finds references to values from elsewhere; `${topic}` of a transform is none.
_REFERENCE = re.compile(r"\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}")
_SECRET = re.compile(r"\$\{secret:[a-z][a-z0-9_-]{0,63}\}")
# What these hold is written where others read it.
_IN_THE_OPEN = re.compile(
    r"(name|topic|topics|transforms|predicates|table|tables|query|offsets|heartbeat|signal|"
    r"notification|pipeline|collection|column|client\.id)(\..*)?|.*converter(\..*)?"
)
_TOPICS = re.compile(r"topic|topic\.prefix|offsets\.storage\.topic|transforms\..*\.replacement")


def problems(config: Mapping[str, str], classes: Iterable[str]) -> Problems:
    """What is against the rules in a configuration; empty when nothing is.

    Parameters:
        classes: connectors that are allowed beside our own list.

    >>> problems({"connector.class": "amml.connect.jdbc.JdbcSourceConnector",
    ...           "producer.override.acks": "0", "connection.password": "${env:HOME}"}, ())
    {'producer.override.acks': ["not allowed: Kafka's clients are the worker's own"],
     'connection.password': ['`${env:HOME}`: only ${secret:NAME} may be referred to']}
    """
    found: Problems = {}
    named = config.get("connector.class", "")
    if said := class_problem(named, classes) if named else "is missing":
        found["connector.class"] = [said]
    for key, value in config.items():
        if key != "connector.class" and (wrong := list(_wrong(key, value))):
            found[key] = wrong
    return found


def _wrong(key: str, value: str) -> Iterable[str]:
    for pattern, why in _REFUSED:
        if pattern.fullmatch(key):
            yield f"not allowed: {why}"
    for reference in _REFERENCE.finditer(value):
        if not _SECRET.fullmatch(reference[0]):
            yield f"`{reference[0][:80]}`: only ${{secret:NAME}} may be referred to"
        elif _IN_THE_OPEN.fullmatch(key):
            yield "a secret would stand here where others read it"
    if key.endswith("converter") and value not in _CONVERTERS:
        yield f"expected {' or '.join(_CONVERTERS)}"
    elif _NAMES_A_CLASS.fullmatch(key) and _CLASS.fullmatch(value):
        yield from _wrong_class(value)
    if _TOPICS.fullmatch(key) and re.match(r"amml(\.|$)|__", value):
        yield "topics that begin with `amml.` or `__` are not a connector's to write"
    if value == HIDDEN:
        yield f"{HIDDEN} is how an answer hides a value: write it, or a ${{secret:NAME}}"


def _wrong_class(value: str) -> Iterable[str]:
    if _SCRIPTS.fullmatch(value):
        yield f"`{value}` runs scripts, which are not let in: filter in a workflow"
    elif not value.startswith(_PACKAGES):
        yield f"`{value[:200]}`: expected a class of {' or '.join(_PACKAGES)}"
