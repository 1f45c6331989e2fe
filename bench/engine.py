"""The figures of the engine, each with the state that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from bench import engine_service, engine_speed, engine_world
from bench.engine_world import World
from bench.figures import Figures

# In this order: the later ones leave rows behind that the earlier ones do without.
MEASURES: Mapping[str, Callable[[Figures, World], Coroutine[None, None, None]]] = {
    "engine.latency": engine_service.latency,
    "engine.http3": engine_speed.http3,
    "engine.transform3": engine_speed.transform3,
    "engine.steps": engine_speed.steps,
    "engine.history": engine_speed.history,
    "engine.fair": engine_service.fair,
    "engine.memory": engine_service.memory,
    "engine.waiting": engine_service.waiting,
}


def chosen(wanted: Sequence[str]) -> list[str]:
    """All of them where nothing or `engine` is wanted."""
    if not wanted or "engine" in wanted:
        return list(MEASURES)
    if unknown := [name for name in wanted if name not in (*MEASURES, "api", "api.key", "api.oidc", "audit")]:
        raise SystemExit(
            f"there is no {', '.join(unknown)}; write of: api, api.key, api.oidc, audit, engine, {', '.join(MEASURES)}"
        )
    return [name for name in MEASURES if name in wanted]


def measure(figures: Figures, folder: Path, names: Sequence[str]) -> None:
    with engine_world.made(folder) as world:
        for name in names:
            asyncio.run(MEASURES[name](figures, world))
