"""As many processes for each step as its load needs: one controller for every backend."""
