"""Adapters: each peer through its own ask and tell, in a space written as its users write it."""
