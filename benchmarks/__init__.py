"""What the system costs, how short its interviews are and whether its engines agree: measured, repeatable.

`python -m benchmarks step interviews` prints the results of some; `python -m benchmarks all --write docs/performance.md` writes
the page of all.
"""
