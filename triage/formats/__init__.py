"""What is found in a base, and how its cases went, in the formats other programs read.

`sarif` for code scanning, `junit` for test reports, `github` for annotations of a workflow, `objects` for JSON; `runs` has the
shape of a run of cases, `parts` what the formats share. Knows nothing of how things are found, nor of the command line.
"""
