"""What hangs on what in a base: facts and questions, rules, inferred facts, targets, as a picture.

The usual view leaves rules out: an arrow stands for all rules that read the one to conclude the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from triage.drawing.picture import Arrow, Box, Kind, Picture
from triage.drawing.words import KINDS, word
from triage.errors import TriageError, nearest
from triage.model import Clause, Fact, Inferred, KnowledgeBase, Language, Question, Rule, Text, leaves
from triage.plain import in_words, label, quoted, readable, value_label

__all__ = ["NotInBaseError", "View", "dependencies"]

MOST_TOLD = 8
"""Rules named in the tip of an arrow."""


class NotInBaseError(TriageError):
    """A picture of something the base does not have."""

    code = "not-in-base"

    def __init__(self, text: Text, near: str | None, choices: Iterable[str] = ()) -> None:
        self.text = text
        self.nearest = near
        self.choices = tuple(choices)
        super().__init__(text, near)

    def render(self, language: Language) -> str:
        """What is missing, and what was probably meant or could be."""
        if self.nearest is not None:
            hint = Text(f"；是不是想写 `{self.nearest}`？", f"; did you mean `{self.nearest}`?")
        elif self.choices:
            hint = Text(f"；可以是：{'、'.join(self.choices)}", f"; there are: {', '.join(self.choices)}")
        else:
            hint = Text("", "")
        return self.text.get(language) + hint.get(language)


@dataclass(frozen=True, slots=True)
class View:
    """What of a base is drawn.

    Attributes:
        rules: Rules are boxes of their own.
        gates: Arrows from facts to the facts whose gates read them.
        facts: Observable facts are drawn; without them, only what is concluded.
        about: Id of a fact, question, rule or inferred fact: only what it reads and what reads it. A rule is drawn as such; for a
            fact or question gates are, too.
        file: Only rules of this file, as it is called in the base's folder, or of the files below this folder.
        links: What stands before `#rule-…` in links into the handbook; None for no links.
    """

    rules: bool = False
    gates: bool = False
    facts: bool = True
    about: str | None = None
    file: str | None = None
    links: str | None = None


def dependencies(knowledge: KnowledgeBase, language: Language, view: View | None = None) -> Picture:
    """A picture of what hangs on what.

    Raises:
        NotInBaseError: The base has nothing of the id or in the file that the view names.
    """
    return _Dependencies(knowledge, language, view or View()).picture()


class _Dependencies:
    def __init__(self, knowledge: KnowledgeBase, language: Language, view: View) -> None:
        self._knowledge = knowledge
        self._language = language
        self._view = view
        self._about = self._named(view.about) if view.about is not None else None
        self._with_rules = view.rules or self._about in knowledge.rules
        self._with_gates = view.gates or (self._about is not None and self._box_kind(self._about) in ("fact", "list"))
        self._rules = self._chosen_rules()
        self._arrows = [*(self._gate_arrows() if self._with_gates else ()), *self._arrows_of_rules()]

    def picture(self) -> Picture:
        """Everything put together; boxes in the author's layers, from facts to targets."""
        met = {end for arrow in self._arrows for end in (arrow.source, arrow.target)}
        met |= {self._about} if self._about else set()
        met |= (
            set(self._knowledge.inferred) if not self._view.facts and self._about is None and self._view.file is None else set()
        )
        boxes = tuple(self._box(name) for name in self._in_order() if name in met)
        counts = {kind: sum(box.kind == kind for box in boxes) for kind in KINDS}
        return Picture(
            title=self._title(),
            description=self._word(
                "described",
                facts=counts["fact"] + counts["list"],
                rules=counts["rule"],
                inferred=counts["inferred"] + counts["target"],
                arrows=len(self._arrows),
            ),
            boxes=boxes,
            arrows=tuple(self._arrows),
            caption=tuple(self._caption()),
            legend={kind: text.get(self._language) for kind, text in KINDS.items()},
        )

    def _word(self, key: str, **parts: object) -> str:
        return word(key, self._language, **parts)

    def _title(self) -> str:
        title = self._knowledge.identity.title.get(self._language)
        if self._view.about is not None:
            return self._word("dependencies-about", title=title, about=self._view.about)
        if self._view.file is not None:
            return self._word("dependencies-file", title=title, file=self._view.file)
        return self._word("dependencies-rules" if self._view.rules else "dependencies", title=title)

    def _caption(self) -> Iterator[str]:
        identity = self._knowledge.identity
        yield self._word("base", base=identity.id, version=identity.version, digest=self._knowledge.digest[:12])
        if self._about is not None and self._about in self._knowledge.rules:
            yield from self._reasons(self._knowledge.rules[self._about])
        if any(arrow.label for arrow in self._arrows):
            yield self._word("numbers-say-rules")
        if any(arrow.dashed for arrow in self._arrows):
            yield self._word("dashed-is-gate")

    # -- what is chosen

    def _named(self, name: str) -> str:
        """The box of an id: facts of a list stand in one."""
        knowledge = self._knowledge
        if name in knowledge.questions and knowledge.questions[name].tick is None and name not in knowledge.facts:
            name = knowledge.questions[name].fills[0]
        if name in knowledge.facts:
            return self._fact(name)
        if name in knowledge.rules or name in knowledge.inferred:
            return name
        if name in knowledge.questions:
            return f"?{name}"
        known = [*knowledge.facts, *knowledge.questions, *knowledge.rules, *knowledge.inferred]
        text = Text(word("no-such-id", "zh", id=name), word("no-such-id", "en", id=name))
        raise NotInBaseError(text, nearest(name, known))

    def _chosen_rules(self) -> list[Rule]:
        rules = list(self._knowledge.rules.values())
        wanted = self._view.file
        if wanted is not None:
            files = sorted({rule.place.file for rule in rules})
            rules = [rule for rule in rules if rule.place.file == wanted or rule.place.file.startswith(f"{wanted.rstrip('/')}/")]
            if not rules:
                text = Text(word("no-such-file", "zh", file=wanted), word("no-such-file", "en", file=wanted))
                raise NotInBaseError(text, nearest(wanted, files), files)
        if self._about in self._knowledge.rules:
            return [rule for rule in rules if rule.id == self._about]
        return rules

    def _fact(self, name: str) -> str:
        """The box of an observable fact: its own, or that of the list it stands on."""
        question = self._knowledge.question_of[name]
        return f"?{question.id}" if question.tick is not None else name

    def _read(self, clause_or_gate: Iterable[str]) -> list[str]:
        """Boxes read, each once, facts that are not drawn left out."""
        found = []
        for name in clause_or_gate:
            if name in self._knowledge.inferred:
                found.append(name)
            elif self._view.facts:
                found.append(self._fact(name))
        return list(dict.fromkeys(found))

    def _near(self, source: str, target: str) -> bool:
        """Whether an arrow belongs to what is asked about."""
        return self._about is None or self._about in (source, target)

    # -- arrows

    def _arrows_of_rules(self) -> Iterator[Arrow]:
        return self._through_rules() if self._with_rules else self._collapsed()

    def _through_rules(self) -> Iterator[Arrow]:
        for rule in self._rules:
            read = self._read(leaf.fact for leaf in leaves(rule.when))
            concluded = {clause.fact: clause for clause in rule.clauses}
            if self._about in concluded:
                concluded = {self._about: concluded[self._about]}
            elif self._about in read:
                read = [self._about]
            elif self._about not in (None, rule.id):
                continue
            yield from (Arrow(name, rule.id) for name in read)
            yield from (Arrow(rule.id, name, tip=self._conclusion(clause)) for name, clause in concluded.items())

    def _collapsed(self) -> Iterator[Arrow]:
        by_pair: dict[tuple[str, str], list[Rule]] = {}
        for rule in self._rules:
            for clause in rule.clauses:
                for name in self._read(leaf.fact for leaf in leaves(clause.when)):
                    if self._near(name, clause.fact):
                        by_pair.setdefault((name, clause.fact), []).append(rule)
        for (source, target), rules in sorted(by_pair.items()):
            label_ = str(len(rules)) if len(rules) > 1 else ""
            yield Arrow(source, target, label_, float(len(rules)), self._told(rules))

    def _gate_arrows(self) -> Iterator[Arrow]:
        pairs = {
            (read, self._fact(name)): fact
            for name, fact in self._knowledge.facts.items()
            if fact.applies_when is not None
            for read in self._read(leaf.fact for leaf in leaves(fact.applies_when))
        }
        for (source, target), fact in sorted(pairs.items()):
            if self._near(source, target) and source != target and fact.applies_when is not None:
                condition = in_words(self._knowledge, fact.applies_when, self._language)
                yield Arrow(source, target, tip=self._word("applies-when", condition=condition), dashed=True)

    def _told(self, rules: list[Rule]) -> str:
        lines = [f"{rule.id}: {self._text(rule.because)}" for rule in rules[:MOST_TOLD]]
        more = len(rules) - MOST_TOLD
        return "\n".join([*lines, *([self._word("and-more", count=more)] if more > 0 else [])])

    # -- boxes

    def _in_order(self) -> list[str]:
        """Boxes: facts in the order of their questions, rules by subject, inferred facts by stratum."""
        questions = sorted(self._knowledge.questions.values(), key=lambda q: (q.order, q.id))
        facts = dict.fromkeys(self._fact(name) for question in questions for name in question.fills)
        rules = sorted(self._rules, key=lambda rule: rule.place) if self._with_rules else []
        return [*facts, *(rule.id for rule in rules), *(name for stratum in self._knowledge.strata for name in stratum)]

    def _box_kind(self, name: str) -> Kind:
        if name.startswith("?"):
            return "list"
        if name in self._knowledge.rules:
            return "rule"
        if name in self._knowledge.inferred:
            return "target" if self._knowledge.inferred[name].target else "inferred"
        return "fact"

    def _box(self, name: str) -> Box:
        if name.startswith("?"):
            return self._list_box(self._knowledge.questions[name.removeprefix("?")])
        if name in self._knowledge.rules:
            return self._rule_box(self._knowledge.rules[name])
        if name in self._knowledge.inferred:
            return self._inferred_box(self._knowledge.inferred[name])
        return self._fact_box(self._knowledge.facts[name])

    def _link(self, anchor: str) -> str:
        return "" if self._view.links is None else f"{self._view.links}#{anchor}"

    def _fact_box(self, fact: Fact) -> Box:
        question = self._knowledge.question_of[fact.id]
        tip = [
            self._word("asked", text=self._text(question.text)),
            self._word("values", values=self._values(fact.id, fact.values)),
        ]
        if fact.applies_when is not None:
            tip.append(self._word("applies-when", condition=in_words(self._knowledge, fact.applies_when, self._language)))
        return Box(fact.id, "fact", self._text(fact.text), fact.id, "\n".join(tip), self._link(f"fact-{fact.id}"))

    def _list_box(self, question: Question) -> Box:
        items = "\n".join(f"{fact}: {label(self._knowledge, fact, self._language)}" for fact in question.fills)
        note = self._word("list-items", id=question.id, count=len(question.fills))
        return Box(f"?{question.id}", "list", self._text(question.text), note, items, self._link(f"question-{question.id}"))

    def _inferred_box(self, inferred: Inferred) -> Box:
        default = quoted(value_label(self._knowledge, inferred.id, inferred.default, self._language))
        tip = [self._word("values", values=self._values(inferred.id, inferred.values)), self._word("by-default", value=default)]
        note = inferred.id if self._view.facts else self._without_facts(inferred.id)
        kind = self._box_kind(inferred.id)
        return Box(inferred.id, kind, self._text(inferred.text), note, "\n".join(tip), self._link(f"inferred-{inferred.id}"))

    def _without_facts(self, name: str) -> str:
        """The note of an inferred fact where the facts it reads are not drawn."""
        read = {leaf.fact for clause in self._knowledge.clauses[name] for leaf in leaves(clause.when)}
        count = len(read & self._knowledge.facts.keys())
        return self._word("facts-left-out", id=name, count=count) if count else name

    def _rule_box(self, rule: Rule) -> Box:
        priorities = sorted({clause.priority for clause in rule.clauses}, reverse=True)
        note = self._word("rule-priority", id=rule.id, priority=self._word("or").join(map(str, priorities)))
        concluded = "\n".join(self._conclusion(clause) for clause in rule.clauses)
        return Box(rule.id, "rule", concluded, note, "\n".join(self._reasons(rule)), self._link(f"rule-{rule.id}"))

    def _reasons(self, rule: Rule) -> Iterator[str]:
        yield self._word("when", condition=in_words(self._knowledge, rule.when, self._language))
        yield self._word("because", because=self._text(rule.because))
        yield self._word("source", source="; ".join(rule.source))
        if rule.safe_side:
            yield self._word("safe-side")

    def _conclusion(self, clause: Clause) -> str:
        value = value_label(self._knowledge, clause.fact, clause.value, self._language)
        return f"{label(self._knowledge, clause.fact, self._language)} = {value}"

    def _text(self, text: Text) -> str:
        return readable(self._knowledge, text, self._language)

    def _values(self, name: str, values: Iterable[str]) -> str:
        return self._word("comma").join(quoted(value_label(self._knowledge, name, value, self._language)) for value in values)
