"""`amml WORD...` on a lifeline: `python -m amml_deploy.scheduler.command PIPE 15 5 WORD...`.

It lives as long as its scheduler does, and says so: a byte on the pipe at least
every 15 seconds. A scheduler that was killed, is frozen, or has lost its lease says nothing: then
the command is interrupted as by Ctrl-C, and killed 5 seconds later with all it has started. So it
has ended before the lease is over, and never runs beside the next one.
"""

import os
import select
import signal
import sys
import threading
import time

from amml_deploy.__main__ import main


def watch(lifeline: int, patience: float, grace: float) -> None:
    """Wait until the scheduler is silent; then end this process."""
    while select.select([lifeline], [], [], patience)[0] and os.read(lifeline, 4096):
        pass
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    time.sleep(grace)
    os.killpg(0, signal.SIGKILL)  # whoever started us made us a group of our own


if __name__ == "__main__":
    # A parent that ran in the background may have passed on that these are to be ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    told = (int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
    threading.Thread(target=watch, args=told, daemon=True).start()
    sys.argv = ["amml", *sys.argv[4:]]
    main()
