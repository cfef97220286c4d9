"""A program that behaves as its specification says, in place of a real step."""

import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType


def last_words(code: int, reason: str) -> None:
    words = {"code": code, "reason": reason, "at": ""}
    Path(os.environ["AMML_EXIT_FILE"]).write_text(json.dumps(words), encoding="utf-8")
    sys.exit(code)


def stop(_number: int, _frame: FrameType | None) -> None:
    last_words(0, "stopped")


def main() -> None:
    spec = json.loads(Path(os.environ["AMML_SPEC"]).read_text(encoding="utf-8"))
    with Path(spec["diary"]).open("a", encoding="utf-8") as diary:
        diary.write(f"{spec['label']}.{os.environ['AMML_SLOT']} {time.time()} {os.getpid()}\n")
    tempfile.mkdtemp()  # whoever is killed leaves it behind
    with socket.create_server(("127.0.0.1", int(os.environ["AMML_METRICS_PORT"]))):
        match spec["does"]:
            case "runs":
                signal.signal(signal.SIGTERM, stop)
            case "runs on":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            case "completes":
                last_words(0, "completed")
            case "is at fault":
                last_words(2, "unknown column `OT`")
            case _:
                sys.exit("boom: the model is on fire")
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
