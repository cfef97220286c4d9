"""Kafka, told by the environment as the image apache/kafka is: KAFKA_LOG_DIRS is `log.dirs`."""

import os
import subprocess
from pathlib import Path

from java import become, command

FILE = Path("/tmp/server.properties")
CLUSTER = "5L6g3nShT-eMCtK--X86sw"

if __name__ == "__main__":
    told = {name[6:].lower().replace("_", "."): text for name, text in os.environ.items()
            if name.startswith("KAFKA_")}  # fmt: skip
    FILE.write_text("\n".join(f"{name}={text}" for name, text in told.items()), encoding="utf-8")
    formats = ["format", "--ignore-formatted", "-t", CLUSTER, "-c", str(FILE)]
    subprocess.run(command("kafka", "kafka.tools.StorageTool", formats), check=True)
    become(command("kafka", "kafka.Kafka", [str(FILE)]))
