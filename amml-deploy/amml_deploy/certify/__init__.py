"""A chaos certificate: a workflow run again and again under faults, each run compared."""
