"""Which conclusions of a base are drawn from earlier ones only, and which of those a new rule had better conclude."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from triage.authoring.skeletons import NewRule
from triage.model import Clause, KnowledgeBase, Text, leaves

__all__ = ["earlier_layer", "skipped_layers"]


def skipped_layers(knowledge: KnowledgeBase, rule: NewRule) -> Iterator[Text]:
    """Advice on conclusions of a new rule that all other rules draw from what is concluded earlier, while this one does not."""
    for fact in rule.then:
        way = earlier_layer(knowledge, fact, rule.id)
        if way and not set(way) & set(rule.when):
            count, first = len(_others(knowledge, fact, rule.id)), way[-1]
            yield Text(
                f"注意：其余 {count} 条得出 `{fact}` 的规则都从别的结论推出，最先是 `{first}`。新规则一般写 `--then {first}=…`，"
                f"后面的由它们推出；直接写 `{fact}`，容易和它们冲突，也不经过 `{first}`",
                f"Note: the other {count} rules that conclude `{fact}` all go by what is concluded earlier, first of all "
                f"`{first}`. A new rule usually takes `--then {first}=…`, and they do the rest; concluding `{fact}` itself gets "
                f"in their way and leaves `{first}` as it was",
            )


def earlier_layer(knowledge: KnowledgeBase, fact: str, new: str = "") -> tuple[str, ...]:
    """From a conclusion back to the first one that rules draw from observable facts, always by the one read most.

    Args:
        new: A rule that is left out of account.

    Returns:
        The conclusions on the way, without `fact`; empty where some rule concludes `fact` from observable facts alone.
    """
    way: list[str] = []
    while (read := _most_read(knowledge, _others(knowledge, fact, new))) is not None:
        way.append(read)
        fact = read
    return tuple(way)


def _others(knowledge: KnowledgeBase, fact: str, new: str) -> list[Clause]:
    return [clause for clause in knowledge.clauses[fact] if clause.rule != new]


def _most_read(knowledge: KnowledgeBase, clauses: list[Clause]) -> str | None:
    """The inferred fact that most of some clauses read; None where there is none, or one of them reads none."""
    read = [{leaf.fact for leaf in leaves(clause.when) if leaf.fact in knowledge.inferred} for clause in clauses]
    counted = Counter(name for names in read for name in sorted(names))
    return counted.most_common(1)[0][0] if read and all(read) else None
