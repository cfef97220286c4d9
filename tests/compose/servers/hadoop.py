"""A NameNode or DataNode, told as the image apache/hadoop is: `hdfs namenode`, HDFS-SITE.XML_..."""

import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from java import become, command

CONFIG = Path("/tmp/hadoop")
MAINS = {"namenode": "org.apache.hadoop.hdfs.server.namenode.NameNode",
         "datanode": "org.apache.hadoop.hdfs.server.datanode.DataNode"}  # fmt: skip


def configure() -> None:
    for pages in ("hdfs", "datanode", "static"):  # the jars have none, and the servers ask for them
        (CONFIG / "web" / "webapps" / pages / "WEB-INF").mkdir(parents=True, exist_ok=True)
    for site in ("core-site.xml", "hdfs-site.xml"):
        start = f"{site.upper()}_"
        told = [(name, text) for name, text in os.environ.items() if name.startswith(start)]
        rows = [
            f"<property><name>{name.removeprefix(start)}</name><value>{escape(text)}</value></property>"
            for name, text in told
        ]
        text = "\n".join(["<configuration>", *rows, "</configuration>"])
        (CONFIG / site).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    configure()
    main, folders = MAINS[sys.argv[2]], [str(CONFIG), str(CONFIG / "web")]
    names = os.environ.get("ENSURE_NAMENODE_DIR")
    if names and not Path(names).exists():
        formats = command("hdfs", main, ["-format", "-nonInteractive"], folders)
        subprocess.run(formats, check=True)
    become(command("hdfs", main, [], folders))
