"""A store by its address."""

from urllib.parse import unquote, urlsplit

from amml_lake.errors import Unsuitable
from amml_lake.stores.hdfs import HdfsStore
from amml_lake.stores.local import LocalStore
from amml_lake.stores.store import Store


def is_same_lake(one: str, other: str) -> bool:
    """Whether two addresses mean one lake: HDFS may have several, from a container and from here.

    >>> is_same_lake("webhdfs://amml@namenode:9870/amml/lake", "webhdfs://127.0.0.1:2/amml/lake")
    True
    >>> is_same_lake("webhdfs://archive:9870/old", "webhdfs://127.0.0.1:2/amml/lake")
    False
    """
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.path.rstrip("/")) == (second.scheme, second.path.rstrip("/"))


def open_store(url: str, patience: float = 15.0) -> Store:
    """The store at `file:///FOLDER` or `webhdfs://[USER@]HOST:PORT[,HOST:PORT]/FOLDER`.

    Errors: Unsuitable, no such address.

    >>> open_store("file:///var/lake").url, open_store("webhdfs://amml@nn:9870/lake").url
    ('file:///var/lake', 'webhdfs://amml@nn:9870/lake')
    >>> open_store("s3://bucket")
    Traceback (most recent call last):
    amml_lake.errors.Unsuitable: s3://bucket: a lake lies at file:///FOLDER or webhdfs://HOST:PORT/FOLDER
    """
    parts = urlsplit(url)
    folder = unquote(parts.path).rstrip("/")
    if parts.scheme == "file" and not parts.netloc and folder:
        return LocalStore(folder)
    who, _, hosts = parts.netloc.rpartition("@")
    if parts.scheme == "webhdfs" and hosts and folder:
        namenodes = ";".join(f"http://{each}" for each in hosts.split(","))
        return HdfsStore(namenodes, folder, unquote(who) or None, patience)
    raise Unsuitable(f"{url}: a lake lies at file:///FOLDER or webhdfs://HOST:PORT/FOLDER")
