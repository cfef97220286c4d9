"""Keeps the workflows of this machine in the state that is wanted of them."""
