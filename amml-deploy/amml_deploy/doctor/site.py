"""What the checks look at: a platform's folder and its servers, each asked once."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from amml_deploy.control import Control, bootstrap_of, connect
from amml_deploy.errors import AmmlError
from amml_deploy.platform import home as homes
from amml_deploy.platform import platform
from amml_deploy.platform.hdfs import bean
from amml_deploy.platform.home import Home, Platform
from amml_deploy.reachable import check_broker
from amml_runtime.errors import AccessDenied, Unavailable
from amml_runtime.examination import Cluster

T = TypeVar("T")
Document = Mapping[str, Any]


class Silent(AmmlError):
    """A server that a check needs does not answer; its own check says so.

    Parameters:
        server: which it is.
        why: what happened when it was asked.
    """

    def __init__(self, server: str, why: str) -> None:
        super().__init__(why)
        self.server = server


class Site:
    """One platform, as its user reaches it; whatever is down raises `Silent`, at once if repeated.

    Parameters:
        home: the platform's folder.
        environ: may name other servers (`AMML_CONTROL`, `AMML_KAFKA`).
    """

    def __init__(self, home: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.home = Home(home.absolute())
        self._environ = environ
        self._seen: dict[str, Any] = {}

    def anew(self) -> "Site":
        """The same, of which nothing has been seen yet."""
        return Site(self.home.path, self._environ)

    @property
    def platform(self) -> Platform:
        """The addresses in `platform.json`."""
        return self._once("the platform", lambda: homes.read(self.home), "platform")

    @property
    def servers(self) -> Mapping[str, Document]:
        """The processes of the platform here, by name: `state`, `pid` and `log`."""
        found = self._once("the platform", lambda: platform.status(self.home.path), "servers")
        return {each["name"]: each for each in found["servers"]}

    @property
    def bootstrap(self) -> str:
        """Where Kafka listens."""
        return self._once("Kafka", lambda: bootstrap_of(self.home.path, self._environ), "bootstrap")

    @property
    def cluster(self) -> Cluster:
        """Kafka, if it answers."""

        def found() -> Cluster:
            check_broker(self.bootstrap)  # at once, where nobody listens
            return Cluster(self.bootstrap)

        return self._once("Kafka", found, "cluster")

    @property
    def control(self) -> Control:
        """The control API, if it answers."""

        def found() -> Control:
            control = connect(self.home.path, self._environ)
            control.get("/openapi.json")  # with the token, and without any other server
            return control

        return self._once("the control API", found, "control")

    @property
    def workflows(self) -> list[Document]:
        """Every workflow, with what the supervisor reported last, and its plan."""

        def found() -> list[Document]:
            wishes = self.control.get("/desired", wait=0)["workflows"]
            plans = {wish["name"]: wish["plan"] for wish in wishes}
            listed: list[dict[str, Any]] = self.control.get("/workflows")
            return [each | {"plan": plans.get(each["name"], {})} for each in listed]

        return self._once("the control API", found, "workflows")

    @property
    def stores(self) -> Document:
        """What the control API says of PostgreSQL, HDFS and what a crash left there.

        `asked` and `answered` are the seconds of this machine's clock around the answer.
        """

        def found() -> Document:
            asked = time.time()
            answer: dict[str, Any] = self.control.get("/doctor")
            return {**answer, "asked": asked, "answered": time.time()}

        return self._once("the control API", found, "stores")

    def namenode(self, name: str) -> Document:
        """What HDFS says of itself, under the name of a JMX bean."""

        def found() -> Document:
            said = bean(self.platform.ports["webhdfs"], "NameNode", name)
            if not said:
                raise Silent("HDFS", f"HDFS at {self.platform.webhdfs} does not answer")
            return said

        return self._once("HDFS", found, f"namenode {name}")

    def _once(self, server: str, ask: Callable[[], T], key: str) -> T:
        if key not in self._seen:
            try:
                self._seen[key] = ask()
            except Silent as error:
                self._seen[key] = error
            except (AmmlError, AccessDenied, Unavailable) as error:
                self._seen[key] = Silent(server, _first_sentence(str(error)))
        found = self._seen[key]
        if isinstance(found, Silent):
            raise found
        return found


def _first_sentence(text: str) -> str:
    """Without the advice that other commands give.

    >>> _first_sentence("Kafka does not answer: is the platform up? run `amml up`")
    'Kafka does not answer'
    """
    return text.partition("\n")[0].partition(": is the platform up?")[0]
