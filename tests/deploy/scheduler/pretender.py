"""`amml scheduler` that also runs what never ends by itself, with a lease of so many seconds."""

import sys
from functools import partial

from amml_deploy.__main__ import main
from amml_deploy.scheduler import allowed, scheduler
from amml_deploy.scheduler.running import Pace

if __name__ == "__main__":
    scheduler.__dict__["Pace"] = partial(Pace, float(sys.argv[1]))
    allowed.ALLOWED = (("autoscale",), ("run",))
    sys.argv = ["amml", "scheduler"]
    main()
