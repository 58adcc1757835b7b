"""A knowledge base as a program for CLIPS: load it, assert one call, run, read the same conclusions as ours.

Another translation than `triage.inference`, so that the two check one another: a rule is one CLIPS rule that notes what it would
conclude, and what wins is found by negation over those notes, stratum by stratum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from triage.model import All, Condition, Fact, ImpossibleCombination, In, KnowledgeBase, Message, Rule, Text, leaves

__all__ = ["clips_source"]

Reading = Literal["call", "counts"]
"""What observable facts a condition reads: what was told, or what counts of it once gates are applied."""

ALWAYS, NEVER = "TRUE", "FALSE"
RULE = "-" * 100

TEMPLATES = """\
(deftemplate counts "An observable fact as it counts: unknown where it is not told, or where its gate does not hold."
  (slot fact (type SYMBOL)) (slot value (type SYMBOL)))
(deftemplate inferred "An inferred fact: it is concluded after those of lower strata; where no rule speaks, its default holds."
  (slot fact (type SYMBOL)) (slot stratum (type INTEGER)) (slot default (type SYMBOL)))
(deftemplate matched "A clause whose condition holds: what its rule would conclude about one inferred fact."
  (slot clause (type SYMBOL)) (slot fact (type SYMBOL)) (slot value (type SYMBOL)) (slot priority (type INTEGER)))
(deftemplate wins "A matched clause of the highest priority: why the fact has its value."
  (slot clause (type SYMBOL)) (slot fact (type SYMBOL)) (slot value (type SYMBOL)) (slot priority (type INTEGER)))
(deftemplate preempted "A matched clause that one of higher priority overrules."
  (slot clause (type SYMBOL)) (slot fact (type SYMBOL)) (slot priority (type INTEGER)))
(deftemplate concluded "The value of an inferred fact."
  (slot fact (type SYMBOL)) (slot value (type SYMBOL)))
(deftemplate message "A message whose condition holds."
  (slot id (type SYMBOL)) (slot kind (type SYMBOL)))
(deftemplate impossible "A combination of facts that cannot be: the call contradicts itself and nothing is decided."
  (slot id (type SYMBOL)))"""

JUDGING = """\
(defrule triage/one-call-at-a-time
  (declare (salience 200))
  ?one <- (call) ?other <- (call) (test (neq ?one ?other))
  =>
  (printout t "Two calls at once: (reset) before the next one." crlf)
  (halt))
(defrule triage/wins
  (declare (salience -10))
  (stratum ?now) (inferred (fact ?fact) (stratum ?now))
  (matched (clause ?clause) (fact ?fact) (value ?value) (priority ?priority))
  (not (matched (fact ?fact) (priority ?higher&:(> ?higher ?priority))))
  =>
  (assert (wins (clause ?clause) (fact ?fact) (value ?value) (priority ?priority))))
(defrule triage/preempted
  (declare (salience -10))
  (stratum ?now) (inferred (fact ?fact) (stratum ?now))
  (matched (clause ?clause) (fact ?fact) (priority ?priority))
  (exists (matched (fact ?fact) (priority ?higher&:(> ?higher ?priority))))
  =>
  (assert (preempted (clause ?clause) (fact ?fact) (priority ?priority))))
(defrule triage/concluded "Winners agree on every possible call; on an impossible one the first by id is taken."
  (declare (salience -20))
  (stratum ?now) (inferred (fact ?fact) (stratum ?now))
  (wins (clause ?first) (fact ?fact) (value ?value))
  (not (wins (clause ?other&:(< (str-compare ?other ?first) 0)) (fact ?fact)))
  =>
  (assert (concluded (fact ?fact) (value ?value))))
(defrule triage/default
  (declare (salience -20))
  (stratum ?now) (inferred (fact ?fact) (stratum ?now) (default ?default))
  (not (matched (fact ?fact)))
  =>
  (assert (concluded (fact ?fact) (value ?default))))
(defrule triage/next-stratum
  (declare (salience -30))
  ?here <- (stratum ?now)
  (exists (inferred (stratum ?later&:(> ?later ?now))))
  =>
  (retract ?here)
  (assert (stratum (+ ?now 1))))"""


def clips_source(knowledge: KnowledgeBase) -> str:
    """The program: one text, for CLIPS 6.30 and newer. The first lines of it say how it is used.

    Assert one `call` (facts not named are unknown) and run; then there is one `concluded` for every inferred fact, a `wins` for
    every winning clause, a `preempted` for every other clause that matches, a `message` for every message whose condition holds
    (alerts read what is told, whatever gates say) and an `impossible` for every impossible combination that matches.
    """
    parts = [
        "\n".join(f"; {_one_line(line)}".rstrip() for line in _header(knowledge)),
        TEMPLATES,
        _call(knowledge),
        _strata(knowledge),
        *_titled("The call, and the order of judging", (_taking(knowledge), JUDGING)),
        *_titled("Gates: facts that count only under a condition", (_gate(knowledge, name) for name in knowledge.gate_order)),
        *_titled("Rules", (_rule(knowledge, rule) for rule in knowledge.rules.values())),
        *_titled("Impossible combinations", (_impossible(knowledge, found) for found in knowledge.impossible.values())),
        *_titled("Messages", (_message(knowledge, message) for message in knowledge.messages.values())),
        *_titled("What to read", (_answer(knowledge),)),
    ]
    return "\n\n".join(parts) + "\n"


def _header(knowledge: KnowledgeBase) -> Iterator[str]:
    identity = knowledge.identity
    fact = next(iter(knowledge.facts.values()), None)
    example = f"({fact.id} {next(iter(fact.values))})" if fact else ""
    yield f"{identity.title.zh} / {identity.title.en}"
    yield f"base {identity.id}, version {identity.version}, digest {knowledge.digest}"
    yield from (
        "",
        "Written by `triage export clips`; change the base, not this file.",
        "由 `triage export clips` 写出；要改请改知识库，不要改这个文件。",
        "",
        "How to use it, in CLIPS 6.30 or newer / 用法：",
        f'  (load "{identity.id}.clp")',
        "  (reset)",
        f"  (assert (call {example}))" + "    ; facts not named are unknown / 没有写出的事实为 unknown",
        "  (run)",
        "  (answer)                     ; or read the facts themselves / 或直接看这些事实：",
        "(concluded (fact F) (value V))            what is concluded / 结论",
        "(wins (clause RULE/F) …)                  the rules that say so / 起作用的规则",
        "(preempted (clause RULE/F) …)             rules overruled by a higher priority / 被更高优先级压过的规则",
        "(message (id M) (kind K))                 messages whose condition holds / 条件成立的话术",
        "(impossible (id I))                       contradictions: nothing is decided / 自相矛盾，不作结论",
        "(reset) before every further call. Numbers, regions, texts and questions stay with triage.",
        "下一个来电之前要 (reset)。数值、地区、文字和问法仍由 triage 处理。",
    )


def _titled(title: str, constructs: Iterable[str]) -> Iterator[str]:
    """The constructs of a section below its title; nothing where there are none."""
    found = list(constructs)
    if found:
        yield f"; {RULE}\n; {title}"
        yield from found


# -- the call and the strata


def _call(knowledge: KnowledgeBase) -> str:
    slots = "\n".join(f"  {_slot(fact)}" for fact in knowledge.facts.values())
    return f'(deftemplate call "What a caller and the systems asked tell."\n{slots}\n)'


def _slot(fact: Fact) -> str:
    values = " ".join(fact.domain)
    return f"(slot {fact.id} (type SYMBOL) (allowed-symbols {values}) (default unknown)) {_remark(fact.text)}"


def _remark(text: Text) -> str:
    return f"; {_one_line(f'{text.zh} / {text.en}')}"


def _one_line(text: str) -> str:
    """A text for a comment, which ends with its line."""
    return " ".join(text.splitlines())


def _strata(knowledge: KnowledgeBase) -> str:
    lines = (
        f"  (inferred (fact {name}) (stratum {number}) (default {knowledge.inferred[name].default}))"
        for number, stratum in enumerate(knowledge.strata, start=1)
        for name in stratum
    )
    return "(deffacts inferred\n" + "\n".join(lines) + ")"


def _taking(knowledge: KnowledgeBase) -> str:
    """The rule that takes a call: what is not gated counts as told."""
    free = [name for name in knowledge.facts if name not in knowledge.gate_order]
    slots = "".join(f"\n    ({name} ?{name})" for name in free)
    counts = "".join(f"\n    (counts (fact {name}) (value ?{name}))" for name in free)
    return f"(defrule triage/take-call\n  (call{slots})\n  =>\n  (assert\n    (stratum 1){counts}))"


def _gate(knowledge: KnowledgeBase, name: str) -> str:
    gate = knowledge.facts[name].applies_when
    assert gate is not None, name  # noqa: S101 - `gate_order` has facts with a gate only
    read = "".join(f"\n  {_binding(knowledge, fact, 'counts')}" for fact in _read(gate))
    value = f"(if {_expression(gate)} then ?{name} else unknown)"
    return f"(defrule gate/{name}\n  (call ({name} ?{name})){read}\n  =>\n  (assert (counts (fact {name}) (value {value}))))"


# -- what has a condition


def _rule(knowledge: KnowledgeBase, rule: Rule) -> str:
    assertions = "\n".join(
        f"  (assert (matched (clause {c.id}) (fact {c.fact}) (value {c.value}) (priority {c.priority})))" for c in rule.clauses
    )
    return _source(rule.source) + _defrule(knowledge, f"rule/{rule.id}", rule.because, rule.when, assertions)


def _impossible(knowledge: KnowledgeBase, found: ImpossibleCombination) -> str:
    assertion = f"  (assert (impossible (id {found.id})))"
    return _source(found.source) + _defrule(knowledge, f"impossible/{found.id}", found.say, found.when, assertion)


def _message(knowledge: KnowledgeBase, message: Message) -> str:
    """Alerts come first and read the call itself."""
    assertion = f"  (assert (message (id {message.id}) (kind {message.kind})))"
    reading: Reading = "call" if message.kind == "alert" else "counts"
    name = f"message/{message.id}"
    return _source(message.source) + _defrule(knowledge, name, message.say, message.when, assertion, reading)


def _source(source: Sequence[str]) -> str:
    return f"; source: {_one_line(' · '.join(source))}\n"


def _defrule(knowledge: KnowledgeBase, name: str, why: Text, when: Condition, actions: str, reading: Reading = "counts") -> str:
    salience = "  (declare (salience 100))\n" if reading == "call" else ""
    elements = "\n".join(f"  {element}" for element in _elements(knowledge, when, reading))
    return f"(defrule {name}\n  {_string(f'{why.zh} / {why.en}')}\n{salience}{elements}\n  =>\n{actions})"


def _string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _elements(knowledge: KnowledgeBase, when: Condition, reading: Reading) -> Iterator[str]:
    """The conditional elements: a pattern for every leaf that must hold, a test for every `any` over what patterns bind."""
    parts = when.parts if isinstance(when, All) else (when,)
    plain = [part for part in parts if isinstance(part, In) and part.values]
    groups = [part for part in parts if part not in plain]
    yield "(call)"  # so that nothing is said without a call
    for leaf in plain:
        yield _pattern(knowledge, leaf.fact, "|".join(leaf.values), reading)
    for fact in sorted({fact for group in groups for fact in _read(group)}):
        yield _binding(knowledge, fact, reading)
    for group in groups:
        expression = _expression(group)
        yield f"(test {expression})" if expression not in (ALWAYS, NEVER) else f"(test (eq TRUE {expression}))"


def _binding(knowledge: KnowledgeBase, fact: str, reading: Reading) -> str:
    return _pattern(knowledge, fact, f"?{fact}", reading)


def _pattern(knowledge: KnowledgeBase, fact: str, constraint: str, reading: Reading) -> str:
    if fact in knowledge.inferred:
        return f"(concluded (fact {fact}) (value {constraint}))"
    return f"(call ({fact} {constraint}))" if reading == "call" else f"(counts (fact {fact}) (value {constraint}))"


def _read(condition: Condition) -> list[str]:
    return sorted({leaf.fact for leaf in leaves(condition)})


def _expression(condition: Condition) -> str:
    """A condition over bound variables, TRUE or FALSE."""
    if isinstance(condition, In):
        return _joined("or", [f"(eq ?{condition.fact} {value})" for value in condition.values])
    return _joined("and" if isinstance(condition, All) else "or", [_expression(part) for part in condition.parts])


def _joined(function: str, parts: Sequence[str]) -> str:
    if not parts:
        return ALWAYS if function == "and" else NEVER
    return parts[0] if len(parts) == 1 else f"({function} {' '.join(parts)})"


# -- the answer, printed


def _answer(knowledge: KnowledgeBase) -> str:
    shown = [*knowledge.targets, *(name for name in knowledge.inferred if name not in knowledge.targets)]
    return f"""\
(deffunction answer ()
  "Print what follows: contradictions, alerts and other messages, and every conclusion with the clauses that win."
  (do-for-all-facts ((?i impossible)) TRUE (printout t "impossible: " ?i:id crlf))
  (do-for-all-facts ((?m message)) TRUE (printout t ?m:kind ": " ?m:id crlf))
  (foreach ?fact (create$ {" ".join(shown)})
    (do-for-fact ((?c concluded)) (eq ?c:fact ?fact)
      (printout t ?fact " = " ?c:value)
      (do-for-all-facts ((?w wins)) (eq ?w:fact ?fact) (printout t "   " ?w:clause))
      (printout t crlf))))"""
