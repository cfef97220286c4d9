"""`python -m amml_deploy.supervisor [COMMAND...]`: look after the workflows of the platform.

The command is what runs a step, by default `python -m amml_runtime`.
"""

import fcntl
import os
import sys

from amml_deploy.control import home_of
from amml_deploy.errors import AmmlError
from amml_deploy.platform.home import Home, read
from amml_deploy.supervisor import server_logs
from amml_deploy.supervisor.loop import Supervisor
from amml_deploy.supervisor.workers import RUNTIME


def main() -> int:
    """Run until told to stop; two never look after the same workflows."""
    home = Home(home_of(os.environ).absolute())
    try:
        platform = read(home)
    except AmmlError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    with (home.path / "run" / "supervisor.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("error: another supervisor looks after these workflows", file=sys.stderr)
            return 1
        server_logs.watch(home.path / "logs")
        Supervisor(platform, sys.argv[1:] or RUNTIME).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
