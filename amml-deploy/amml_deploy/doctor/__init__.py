"""`amml doctor`: looks at everything that AMML stands on, and says what is wrong and what to do."""
