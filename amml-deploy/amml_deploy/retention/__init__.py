"""Retention: what is kept no longer by rule, planned first, then deleted exactly so."""
