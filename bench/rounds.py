"""Two servers under the same kind of load in turn, so that what disturbs the machine disturbs both."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from statistics import median

from bench import load
from bench.load import Answers, Load
from bench.servers import Server

ROUNDS = 5
SECONDS = 2.5
WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Side:
    server: Server
    requests: Sequence[Sequence[bytes]]


@dataclass(frozen=True)
class Turn:
    per_second: float
    cpu_us: float  # of the server, for each request
    load_cpu: float  # how busy the process that asks was: near 1, the figure would be its own


def compare(sender: Executor, first: Side, second: Side) -> tuple[list[Turn], list[Turn]]:
    """The turns of both; in every other round the second begins."""
    for side in (first, second):
        _answers(sender, side, WARM_UP_SECONDS)
    turns: tuple[list[Turn], list[Turn]] = ([], [])
    sides = ((first, turns[0]), (second, turns[1]))
    for number in range(ROUNDS):
        for side, taken in sides if number % 2 == 0 else reversed(sides):
            taken.append(_turn(sender, side))
    return turns


def ratio(numerators: Sequence[Turn], denominators: Sequence[Turn]) -> float:
    """The median over the rounds: two turns that follow each other share the machine's mood."""
    return median(a.per_second / b.per_second for a, b in zip(numerators, denominators, strict=True))


def cpu_ratio(ours: Sequence[Turn], theirs: Sequence[Turn]) -> float:
    """The same of the servers' time for a request: above 1, ours takes more."""
    return median(a.cpu_us / b.cpu_us for a, b in zip(ours, theirs, strict=True))


def _turn(sender: Executor, side: Side) -> Turn:
    before = side.server.cpu_seconds()
    answers = _answers(sender, side, SECONDS)
    cpu = side.server.cpu_seconds() - before
    return Turn(answers.per_second, cpu / answers.count * 1e6, answers.cpu_seconds / answers.seconds)


def _answers(sender: Executor, side: Side, seconds: float) -> Answers:
    return send(sender, Load(side.server.port, side.requests, seconds=seconds))


def send(sender: Executor, what: Load) -> Answers:
    answers = sender.submit(load.run, what).result()
    if wrong := {status: number for status, number in answers.statuses.items() if status not in (200, 201)}:
        raise RuntimeError(f"answers with {wrong}, the last one {answers.last!r}")
    return answers
