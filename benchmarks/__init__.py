"""What the system costs, how short its interviews are and whether its engines agree: measured, repeatable, written by the run.

    python -m benchmarks step interviews        # some of them, tables on stdout
    python -m benchmarks all --write docs/performance.md
"""
