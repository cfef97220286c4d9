"""What several components share; the only module a component may import beside the runtime."""
