#!/bin/sh
JAVA_FLAGS=${KAFKA_HEAP_OPTS:-} exec "$(dirname "$0")/run-java" "/opt/connect/jars/*" org.apache.kafka.connect.cli.ConnectDistributed "$@"
