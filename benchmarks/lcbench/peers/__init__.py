"""Adapters: each peer through its own ask and tell, its trials as tasks of the cluster."""
