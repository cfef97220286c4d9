"""Kafka Connect behind the control API: rules, secrets, masking, a client of the worker."""
