"""Random interleavings of builds, calls, ends and kills against a plain statement of what may be remembered.

A build's answer may be given to another build if and only if the build succeeded, was wholly written down,
and no request that may have been its own has reached the embedded AWS: one signed with a key that it was
given, whenever it comes (asking STS who one is does not count), or one that names no caller, from the
build's start until shortly after its end.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Literal
from uuid import uuid4

from rehearsal.builds.files.workspace import tidy
from rehearsal.builds.reuse.calls import BuildCalls, CallTracker
from rehearsal.builds.reuse.results import BuildResults, StoredResult

Kind = Literal["s3", "sts", "who am i", "unsigned", "presigned"]
BY_A_BUILD: Sequence[Kind] = ("s3", "sts", "who am i", "who am i", "presigned")
ASKED_IN_THE_BODY: Sequence[Kind] = ("sts", "who am i")
BY_OTHERS: Sequence[Kind] = ("s3", "unsigned")
RUNS, STEPS_A_RUN = 2000, 60
STILL_ON_ITS_WAY = 2.0
WHO_AM_I = b"Action=GetCallerIdentity&Version=2011-06-15"
ASSUME_ROLE = b"Action=AssumeRole&RoleSessionName=Action%3DGetCallerIdentity"


@dataclass(eq=False)
class Build:
    name: str
    inputs: str
    calls: BuildCalls
    leave: Callable[[], object]
    keys: list[str] = field(default_factory=list)
    succeeded: bool | None = None
    pending: Path | None = None
    committed: bool = False
    spoke: bool = False
    left_at: float | None = None


@dataclass(eq=False)
class Call:
    kind: Kind
    key: str
    arrived: asyncio.Event
    task: asyncio.Task[None]


class Model:
    """The real memory and tracker beside a list of what happened."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self.chance = chance
        self.loop = asyncio.new_event_loop()
        self.now = 1000.0
        self.builds: list[Build] = []
        self.calls: list[Call] = []
        self.stored: dict[str, Build] = {}
        self.seen: Counter[str] = Counter()
        self.boot()

    def close(self) -> None:
        self.drop_calls()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def boot(self) -> None:
        self.results = BuildResults(folder=self.folder / "results")
        self.tracker = CallTracker(clock=lambda: self.now)

    def step(self) -> None:
        [act] = self.chance.choices(list(STEPS), list(STEPS.values()))
        act(self)

    def start(self) -> None:
        inputs = self.chance.choice("ab")
        found = self.results.find(inputs, into=self.folder / "reused")
        expected = self.stored.get(inputs)
        assert (found.build_id if found else None) == (expected.name if expected else None)
        if expected:
            self.seen["reused"] += 1
            assert expected.succeeded
            assert not expected.spoke
            return
        tracking = self.tracker.of_build()
        build = Build(
            name=f"{inputs}-{uuid4().hex}",
            inputs=inputs,
            calls=tracking.__enter__(),
            leave=lambda: tracking.__exit__(None, None, None),
        )
        self.builds.append(build)

    def hand_out_key(self) -> None:
        if build := self.one(lambda it: it.left_at is None):
            key = f"ASIA{uuid4().hex}"
            build.keys.append(key)
            build.calls.keys.add(key)

    def advance(self) -> None:
        """A build's next step towards its end; other things happen between two of them."""
        build = self.one(lambda it: it.left_at is None)
        if build is None:
            return
        if build.succeeded is None:
            build.succeeded = self.chance.random() < 0.8
        elif build.succeeded and not build.calls.called and not build.pending:
            build.calls.on_call(partial(self.results.delete, build.inputs))
            build.pending = self.results.prepare(result_of(build))
        elif build.pending and not build.committed:
            self.commit(build, build.pending)
        else:
            build.leave()
            build.left_at = self.now

    def commit(self, build: Build, pending: Path) -> None:
        build.committed = True
        self.results.commit(build.inputs, pending, unless=lambda: build.calls.called)
        if not build.spoke:
            self.seen["stored"] += 1
            self.stored.setdefault(build.inputs, build)

    def call_of_a_build(self) -> None:
        """What it asks of STS may come later than its headers, perhaps after the build's end."""
        if build := self.one(lambda it: bool(it.keys)):
            call = self.begin(self.chance.choice(BY_A_BUILD), self.chance.choice(build.keys))
            if call.kind in ASKED_IN_THE_BODY and self.chance.random() < 0.5:
                self.calls.append(call)
            else:
                self.finish(call)

    def rest_of_a_call(self) -> None:
        if self.calls:
            self.finish(self.calls.pop(self.chance.randrange(len(self.calls))))

    def call_of_somebody_else(self) -> None:
        self.finish(self.begin(self.chance.choice(BY_OTHERS), "ASIASOMEBODYELSE"))

    def let_time_pass(self) -> None:
        self.now += self.chance.choice([0.25, 1.0, 5.0])

    def kill(self) -> None:
        """The daemon is killed, and with it every process of its builds before the next one answers."""
        self.drop_calls()
        self.builds = []
        tidy(self.folder)
        self.boot()

    def one(self, fit: Callable[[Build], bool]) -> Build | None:
        found = [build for build in self.builds if fit(build)]
        return self.chance.choice(found) if found else None

    def begin(self, kind: Kind, key: str) -> Call:
        arrived = asyncio.Event()
        task = self.loop.create_task(
            request(self.tracker.layer(self.embedded_aws(kind, key)), kind, key, arrived)
        )
        self.loop.run_until_complete(asyncio.sleep(0))
        return Call(kind=kind, key=key, arrived=arrived, task=task)

    def finish(self, call: Call) -> None:
        call.arrived.set()
        self.loop.run_until_complete(call.task)

    def embedded_aws(self, kind: Kind, key: str) -> Callable[..., Coroutine[Any, Any, None]]:
        async def app(*_: object) -> None:
            if kind in ("s3", "sts"):
                self.spoke(lambda build: key in build.keys)
            elif kind != "who am i":
                self.spoke(lambda build: build.left_at is None or self.now - build.left_at < STILL_ON_ITS_WAY)

        return app

    def spoke(self, may_have_sent: Callable[[Build], bool]) -> None:
        """From here on nobody may be answered by such a build, nor by another that stands for it."""
        for build in filter(may_have_sent, self.builds):
            spoke_before, build.spoke = build.spoke, True
            if build.pending and not spoke_before and self.stored.pop(build.inputs, None):
                self.seen["deleted"] += 1

    def drop_calls(self) -> None:
        for call in self.calls:
            call.task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.calls = []


def result_of(build: Build) -> StoredResult:
    return StoredResult(build_id=build.name, ended="", exported_variables={}, artifacts={}, log=())


async def request(layer: Any, kind: Kind, key: str, arrived: asyncio.Event) -> None:
    async def receive() -> Mapping[str, Any]:
        if kind in ASKED_IN_THE_BODY:
            await arrived.wait()
        return {"type": "http.request", "body": WHO_AM_I if kind == "who am i" else ASSUME_ROLE}

    service = "sts" if kind in ASKED_IN_THE_BODY else "s3"
    signature = f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/{service}/aws4_request".encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": f"X-Amz-Credential={key}%2F2026".encode() if kind == "presigned" else b"",
        "headers": [] if kind in ("unsigned", "presigned") else [(b"authorization", signature)],
    }
    await layer(scope, receive, None)


STEPS: Mapping[Callable[[Model], None], int] = {
    Model.start: 12,
    Model.hand_out_key: 5,
    Model.advance: 30,
    Model.call_of_a_build: 5,
    Model.rest_of_a_call: 5,
    Model.call_of_somebody_else: 2,
    Model.let_time_pass: 2,
    Model.kill: 1,
}


def test_only_a_build_that_called_nobody_answers_another(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(RUNS):
        model = Model(tmp_path / str(seed), Random(seed))  # noqa: S311
        try:
            for _ in range(STEPS_A_RUN):
                model.step()
        except AssertionError as error:
            raise AssertionError(f"run {seed}: {error}") from error
        finally:
            model.close()
        seen += model.seen
    assert min(seen[event] for event in ("reused", "stored", "deleted")) > RUNS / 10, seen
