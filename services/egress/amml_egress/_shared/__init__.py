"""What egress components share: the clients that they are handed."""
