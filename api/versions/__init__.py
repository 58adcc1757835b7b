"""Versions of knowledge bases: loaded, checked, active, in shadow, rolled back — the same in all workers and machines.

`packing` takes and gives the files of a version, `examining` checks and compares them in a process of its own, `history` says what
follows from what was done, `managing` does it, `following` keeps a process in line with the database, `shadowing` lets a candidate
answer behind the answers, `differing` says what it would have answered otherwise.
"""
