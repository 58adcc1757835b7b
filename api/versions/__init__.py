"""Versions of knowledge bases: loaded, checked, active, in shadow, rolled back — the same in all workers and machines.

`packing` takes and gives the files of a version, `examining` checks and compares them in a process of its own, `history` says
what follows from what was done, `managing` does it (`doing`: for requests), `following` keeps a process in line with the database
and `keeping` a copy for when that is gone, `shadowing` lets a candidate answer behind the answers, `differing` says what it would
have answered otherwise.
"""
