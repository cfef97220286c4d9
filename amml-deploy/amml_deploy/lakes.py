"""The data lake that commands look at."""

import os
from collections.abc import Mapping

from amml_deploy.control import home_of
from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home, Platform
from amml_lake.stores import Store, open_store

FOLDER = "/amml/lake"


def the_lake(environ: Mapping[str, str] = os.environ) -> Store:
    """The store that `AMML_LAKE` names, else the one of the platform on this machine.

    Errors: Unsuitable, no such address; PlatformError, there is no platform.
    """
    return open_store(environ.get("AMML_LAKE") or lake_of(homes.read(Home(home_of(environ)))))


def lake_of(platform: Platform) -> str:
    """Where the lake of an embedded platform lies.

    >>> platform = Platform(Home("/h"), "", "", "http://127.0.0.1:9870", "", "", "", {})
    >>> lake_of(platform)
    'webhdfs://127.0.0.1:9870/amml/lake'
    """
    return f"webhdfs://{platform.webhdfs.partition('://')[2]}{FOLDER}"
