"""What parts of skhpo's samplers are worth, and others that were left out.

See ``python -m benchmarks.samplers.ablations --help``, from the root of the repository.
"""
