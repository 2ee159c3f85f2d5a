"""Samplers side by side with their peers: problems, contestants, runner and report.

See ``python -m benchmarks.samplers --help``, from the root of the repository.
"""
