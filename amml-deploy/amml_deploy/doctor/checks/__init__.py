"""One file a check, found by name: `examine(site)`, and `clean(site, leftovers)` where it can."""
