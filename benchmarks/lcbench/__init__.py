"""LCBench learning curves: multi-fidelity searches on a simulated cluster.

See :mod:`benchmarks.lcbench.__main__`.
"""
