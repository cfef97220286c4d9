#!/bin/sh
exec "$(dirname "$0")/run-java" "/opt/kafka/jars/*" kafka.tools.StorageTool "$@"
