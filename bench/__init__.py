"""Benchmarks, run by hand. Each compares within one run, because machines and their other work differ: ratios count."""
