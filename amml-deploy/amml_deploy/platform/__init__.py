"""The embedded platform: Kafka, HDFS, PostgreSQL, the control API, the supervisor."""
