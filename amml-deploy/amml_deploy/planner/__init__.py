"""From a text's bytecode to a plan: pure functions, read in the order of `docs/planning.md`."""
