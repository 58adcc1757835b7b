"""Which questions an interview can come to: those that can change a target, and those put once the decision stands."""

from __future__ import annotations

from triage.checking.examined import Examined
from triage.compilation import IMPOSSIBLE
from triage.model import Question, Text
from triage.relevance import Relevance

__all__ = ["Asking"]

_DECIDING = Text(
    "它的答案改变不了任何目标，而 `purpose: {purpose}` 的问题只为目标而问；请在规则里用到它，或改成 `purpose: say`",
    "no answer to it changes a target, and questions of `purpose: {purpose}` are asked for those only; use it in a rule, or make "
    "that `purpose: say`",
)
_COMPLETING = Text(
    "它的答案不影响结论，也没有话术用到它；请在规则或话术里用到它，或删掉",
    "no answer to it changes the decision, and no message depends on it or mentions it; use it in a rule or a message, or "
    "delete it",
)


class Asking:
    """What one base asks."""

    def __init__(self, examined: Examined) -> None:
        self._examined = examined
        self._store = examined.store
        self._relevance = Relevance(examined.compiled, self._store)
        self._deciding = self._relevance.direct(self._store, examined.compiled.outcome)

    def why_never(self, question: Question) -> Text | None:
        """Why no interview comes to a question, and what to do; None where one does, whatever systems that takes."""
        if any(map(self._decides, question.fills)):
            return None
        if question.purpose not in ("say", "order"):
            return Text(_DECIDING.zh.format(purpose=question.purpose), _DECIDING.en.format(purpose=question.purpose))
        return None if any(map(self._completes, question.fills)) else _COMPLETING

    def _decides(self, fact: str) -> bool:
        """Whether some answer can narrow the candidates of a target."""
        outcome = self._examined.compiled.outcome
        return fact in self._deciding or self._relevance.through_combinations(self._store, outcome, fact, {})

    def _completes(self, fact: str) -> bool:
        """Whether two answers, all else equal, end in different values on the decision card or different messages or texts."""
        knowledge, compiled, store = self._examined.knowledge, self._examined.compiled, self._store
        card = (compiled.inferred[name] for name in knowledge.identity.decision if name in compiled.inferred)
        where = store.both(compiled.possible, compiled.applies[fact])
        said = (compiled.messages[line] for line in knowledge.mentioned_in.get(fact, ()))
        if any(store.both(where, here) != self._examined.nowhere for here in said):
            return True
        shown = (store.choose(where, diagram, store.leaf(IMPOSSIBLE)) for diagram in (*card, *compiled.messages.values()))
        return any(fact in self._relevance.direct(store, diagram) for diagram in shown)
