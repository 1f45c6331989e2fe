"""A host on which a release serves, and clients that ask it all the while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.infra.load import Ask, Load, load
from tests.infra.release_host import ReleaseHost

FIRST = "tolstoy:1"
# to where nothing listens
DEAD = "postgresql://nobody@127.0.0.1:1/nothing?sslmode=disable"


@dataclass(frozen=True)
class Released:
    """A host on which FIRST serves, and an organization in it."""

    machine: ReleaseHost
    headers: dict[str, str]
    flow: str

    def release(self, name: str, **env: dict[str, str]) -> tuple[int, str]:
        return self.machine.deploy(self.machine.image(name, **env))

    @contextmanager
    def told(self, setting: str) -> Iterator[None]:
        """The machine has another setting meanwhile."""
        file = self.machine.root / "etc/tolstoy/host.env"
        before = file.read_text()
        file.write_text(f"{before}{setting}\n")
        try:
            yield
        finally:
            file.write_text(before)

    @contextmanager
    def asked(self) -> Iterator[Load]:
        """Every kind of request, all the while; none of them may fail."""
        asks: dict[str, Ask] = {
            "kept": self._read, "fresh": self._read, "write": self._write, "long": self._long, "health": _health,
        }  # fmt: skip
        with load(self.machine.nginx.url, asks, fresh=frozenset({"fresh"})) as seen:
            yield seen
        print(f"answered: {dict(seen.answered)}, wrong: {len(seen.wrong)}")
        assert seen.wrong == [], f"{len(seen.wrong)} of {seen.answered}"
        assert seen.answered.keys() == asks.keys()
        assert min(seen.answered.values()) >= 1

    async def _read(self, http: httpx.AsyncClient) -> str | None:
        answer = await http.get(f"/flows/{self.flow}", headers=self.headers)
        return None if answer.status_code == 200 else f"{answer.status_code} {answer.text}"

    async def _write(self, http: httpx.AsyncClient) -> str | None:
        answer = await http.post(
            "/tools", json={"name": "T", "baseUrl": "https://x.example"}, headers=self.headers
        )
        return None if answer.status_code == 201 else f"{answer.status_code} {answer.text}"

    async def _long(self, http: httpx.AsyncClient) -> str | None:
        """A run that takes a while, waited for. An API that stops says where it can be followed (202): it goes on."""
        answer = await http.post(f"/flows/{self.flow}/executions?wait=50", json={}, headers=self.headers)
        place = answer.headers.get("Location", "")
        for _ in range(100):
            if answer.status_code not in (200, 202) or answer.json()["status"] == "succeeded":
                break
            await asyncio.sleep(0.1)
            answer = await http.get(place, headers=self.headers)
        return None if answer.json().get("status") == "succeeded" else f"{answer.status_code} {answer.text}"

    def unchanged(self, image: str, slot: str, said: str) -> None:
        """The old one serves on, and nothing of the new one is left."""
        assert self.machine.serves() == image, said
        assert self.machine.slot() == slot
        assert self.machine.containers().keys() == {f"tolstoy-{slot}", f"tolstoy-worker-{slot}"}
        assert self.machine.running() == self.machine.containers().keys()


async def _health(http: httpx.AsyncClient) -> str | None:
    answer = await http.get("/health")
    return None if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


def prepared(machine: ReleaseHost) -> Released:
    """With its first release, and an organization with a flow."""
    said = machine.deploy(machine.image(FIRST))
    assert said[0] == 0, said
    proof = {"X-Gateway-Secret": machine.env["GATEWAY_SECRET"]}
    with httpx.Client(base_url=machine.nginx.url, timeout=20, headers=proof) as http:
        made = http.post("/organizations", json={"name": "O", "owner": {"email": "a@example.com"}})
        assert made.status_code == 201, made.text
        who = {"X-Org-ID": made.json()["id"], "X-User-ID": made.json()["owner"]["id"]}
    return Released(machine, {**proof, **who}, waiting_flow(machine, {**proof, **who}, 2))


def waiting_flow(machine: ReleaseHost, headers: dict[str, str], seconds: int) -> str:
    """A flow whose runs last that long; its id."""
    with httpx.Client(base_url=machine.nginx.url, timeout=20, headers=headers) as http:
        steps = [{"key": "w", "wait": {"seconds": seconds}}]
        made = http.post("/flows", json={"name": f"Waits {seconds} s", "steps": steps})
        assert made.status_code == 201, made.text
        flow: str = made.json()["id"]
        published = http.post(f"/flows/{flow}/publish")
        assert published.status_code == 200, published.text
    return flow
