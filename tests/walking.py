"""Calls drawn by walking a diagram to where it is true."""

from __future__ import annotations

from random import Random

from triage.compilation import Compiled
from triage.diagrams import Diagram, Diagrams


def call_where(compiled: Compiled, store: Diagrams, where: Diagram, rng: Random) -> dict[str, str] | None:
    """A random call on which a boolean diagram is true; None where it is nowhere."""
    reaching: dict[Diagram, bool] = {}
    for node in store.below(where):
        kids = store.kids(node)
        reaching[node] = any(reaching[kid] for kid in kids) if kids else bool(store.payload(node))
    if not reaching[where]:
        return None
    choice = [rng.randrange(arity) for arity in store.arities]
    node = where
    while not store.is_leaf(node):
        level = store.level(node)
        choice[level] = rng.choice([i for i, kid in enumerate(store.kids(node)) if reaching[kid]])
        node = store.kids(node)[choice[level]]
    return compiled.facts(dict(enumerate(choice)))
