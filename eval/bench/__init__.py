"""Benchmarks: every suite prints ratios against a peer or a limit measured in the same run, and how things grow."""
