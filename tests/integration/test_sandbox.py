"""The sandbox: what a child may, how a call ends, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pictures import jpeg
from workers.sandbox.__main__ import MAX_CALLS
from workers.sandbox.image import sandboxed_image_facts
from workers.sandbox.limits import MEMORY_BYTES
from workers.sandbox.outcome import (
    CrashCause,
    SandboxCrashError,
    SandboxKilledError,
    SandboxRefusal,
    SandboxStartError,
)
from workers.sandbox.pool import SandboxPool
from workers.sandbox.tasks import TASKS

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
NAMES = ("echo", "refuse", "hang", "eat_memory", "grow", "die", "fail", "babble", "surroundings")
TEST_TASKS = {**TASKS, **{name: f"tests.sandbox_tasks:{name}" for name in NAMES}, "missing": "tests.no_such:task"}
# Where the system does not count a process's data, memory is not limited.
counts_memory = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is enforced on Linux alone")


@pytest.fixture
async def pool() -> AsyncIterator[SandboxPool]:
    async with SandboxPool(2, TEST_TASKS) as pool:
        yield pool
    assert children() == []


_others: set[int] = set()
"""Sandboxes that tests before these have kept."""


@pytest.fixture(scope="module", autouse=True)
def _know_others() -> None:
    _others.update(child.pid for child in children())


def children() -> list[psutil.Process]:
    """The living sandboxes that these tests started."""
    mine = psutil.Process().children(recursive=True)
    return [child for child in mine if child.pid not in _others and "workers.sandbox" in _command(child)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


async def until(path: Path) -> str:
    """What another process wrote into the file, once it has."""
    deadline = time.monotonic() + 30
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"{path} was not written"
        await asyncio.sleep(0.02)
    return path.read_text()


async def gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def failed(pool: SandboxPool, task: str, seconds: float = SECONDS, **arguments: Any) -> SandboxCrashError:
    with pytest.raises(SandboxCrashError) as caught:
        await pool.call(task, seconds=seconds, **arguments)
    return caught.value


async def test_a_child_answers_many_calls_with_json_values(pool: SandboxPool) -> None:
    sent = {"text": "Müllers Feld\n\t\u2028", "numbers": [1, 2.5, None], "nested": {"a": True}}
    answers = [await pool.call("echo", seconds=SECONDS, **sent, path=Path("/a b")) for _ in range(5)]
    assert len({answer.pop("pid") for answer in answers}) == 1
    assert answers == [{**sent, "path": "/a b"}] * 5


async def test_a_refusal_carries_its_kind_and_sentence_and_keeps_the_child(pool: SandboxPool) -> None:
    before = await pool.call("refuse", seconds=SECONDS)
    with pytest.raises(SandboxRefusal, match="It is a GIF") as caught:
        await pool.call("refuse", seconds=SECONDS, message="It is a GIF.")
    assert (caught.value.kind, caught.value.message) == ("NotToMyLikingError", "It is a GIF.")
    assert await pool.call("refuse", seconds=SECONDS) == before


async def test_children_of_two_tasks_are_kept_side_by_side_while_there_is_room(pool: SandboxPool) -> None:
    pids = [(await pool.call(task, seconds=SECONDS))["pid"] for task in ("echo", "refuse") * 3]
    assert len(set(pids)) == 2
    await pool.call("surroundings", seconds=SECONDS)
    assert len(children()) == 2


async def test_no_more_children_than_allowed_run_at_a_time(pool: SandboxPool) -> None:
    tasks = ("echo", "babble", "eat_memory", "echo", "surroundings", "echo")
    arguments: dict[str, dict[str, Any]] = {"babble": {"kilobytes": 1}, "eat_memory": {"megabytes": 1}}
    calls = [asyncio.create_task(pool.call(name, seconds=SECONDS, **arguments.get(name, {}))) for name in tasks]
    most = 0
    while not all(call.done() for call in calls):
        most = max(most, len(children()))
        await asyncio.sleep(0.01)
    await asyncio.gather(*calls)
    assert 1 <= most <= 2


async def test_a_child_has_no_secrets_little_room_and_only_its_own_task_s_modules(
    pool: SandboxPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGRIDRONE_DATABASE_URL", "mysql://root:secret@db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = await pool.call("surroundings", seconds=SECONDS)
    environment = found["environment"]
    assert not {name for name in environment if "AGRIDRONE" in name or "AWS" in name}
    expected = {"VIPS_CONCURRENCY": "1", "VIPS_BLOCK_UNTRUSTED": "1", "OMP_NUM_THREADS": "1"}
    assert {name: environment[name] for name in expected} == expected
    assert found["limits"]["RLIMIT_CORE"] == [0, 0]
    assert found["limits"]["RLIMIT_FSIZE"] == [2 * 1024**3] * 2
    assert max(found["limits"]["RLIMIT_NOFILE"]) <= 64
    assert found["niceness"] > 0
    assert not {"PIL", "pyvips", "sqlalchemy", "workers.image_facts"} & set(found["modules"])


async def test_what_a_library_prints_or_reads_does_not_meet_the_protocol(pool: SandboxPool) -> None:
    assert await pool.call("babble", seconds=SECONDS, kilobytes=500) == {"read": ""}


@counts_memory
async def test_a_task_that_needs_too_much_memory_ends_with_a_sentence(pool: SandboxPool) -> None:
    megabytes = MEMORY_BYTES // 1024**2
    assert await pool.call("eat_memory", seconds=SECONDS, megabytes=megabytes - 64) == {"megabytes": megabytes - 64}
    error = await failed(pool, "eat_memory", megabytes=megabytes + 64)
    assert (error.cause, str(error)) == (CrashCause.MEMORY, "Reading it needs more than 512 MB of memory.")
    assert await pool.call("eat_memory", seconds=SECONDS, megabytes=1) == {"megabytes": 1}


async def test_a_task_that_hangs_ends_with_a_sentence_and_with_what_it_started(
    pool: SandboxPool, tmp_path: Path
) -> None:
    error = await failed(pool, "hang", seconds=1, marker=tmp_path / "pid")
    assert (error.cause, str(error)) == (CrashCause.TIME, "Reading it took more than 1 seconds.")
    assert children() == []
    assert await gone(int(await until(tmp_path / "pid")))
    assert await pool.call("echo", seconds=SECONDS)


@pytest.mark.parametrize("task", ["die", "fail"])
async def test_a_crash_costs_the_call_it_happened_in_and_no_other(pool: SandboxPool, task: str) -> None:
    other = asyncio.create_task(pool.call("babble", seconds=SECONDS, kilobytes=20_000))
    error = await failed(pool, task)
    assert (error.cause, "crashes the program" in str(error)) == (CrashCause.CRASH, True)
    assert await other == {"read": ""}
    assert await pool.call("echo", seconds=SECONDS)


async def test_killing_a_child_in_the_middle_of_a_call_costs_that_call_alone(pool: SandboxPool, tmp_path: Path) -> None:
    hung = asyncio.create_task(pool.call("hang", seconds=SECONDS, marker=tmp_path / "pid"))
    await until(tmp_path / "pid")
    victim = (await pool.call("echo", seconds=SECONDS))["pid"]
    (hanging,) = [child for child in children() if child.pid != victim]
    other = asyncio.create_task(pool.call("echo", seconds=SECONDS))
    hanging.send_signal(signal.SIGKILL)
    with pytest.raises(SandboxKilledError, match="from outside"):
        await hung
    assert (await other)["pid"] == victim
    assert await pool.call("echo", seconds=SECONDS)


async def test_a_child_that_died_while_idle_is_replaced_unnoticed(pool: SandboxPool) -> None:
    pid = (await pool.call("echo", seconds=SECONDS))["pid"]
    psutil.Process(pid).send_signal(signal.SIGKILL)
    assert await gone(pid)
    await asyncio.sleep(0.5)
    assert (await pool.call("echo", seconds=SECONDS))["pid"] != pid


async def test_cancelling_a_call_kills_its_child(pool: SandboxPool, tmp_path: Path) -> None:
    call = asyncio.create_task(pool.call("hang", seconds=SECONDS, marker=tmp_path / "pid"))
    grandchild = int(await until(tmp_path / "pid"))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert children() == []
    assert await gone(grandchild)
    assert await pool.call("echo", seconds=SECONDS)


async def test_closing_ends_calls_in_progress_and_leaves_no_process(tmp_path: Path) -> None:
    pool = SandboxPool(2, TEST_TASKS)
    await pool.call("echo", seconds=SECONDS)
    hung = asyncio.create_task(pool.call("hang", seconds=SECONDS, marker=tmp_path / "pid"))
    grandchild = int(await until(tmp_path / "pid"))
    await pool.close()
    await pool.close()
    with pytest.raises(SandboxKilledError):
        await hung
    assert children() == []
    assert await gone(grandchild)
    with pytest.raises(RuntimeError, match="closed"):
        await pool.call("echo", seconds=SECONDS)


async def test_a_child_is_replaced_when_it_has_grown(pool: SandboxPool) -> None:
    grown = (await pool.call("grow", seconds=SECONDS))["pid"]
    assert await gone(grown)
    assert (await pool.call("grow", seconds=SECONDS))["pid"] != grown


async def test_a_child_is_replaced_after_many_calls(pool: SandboxPool) -> None:
    pids = [(await pool.call("echo", seconds=SECONDS))["pid"] for _ in range(MAX_CALLS + 1)]
    assert len(set(pids[:-1])) == 1
    assert pids[-1] != pids[0]


async def test_a_child_that_does_not_start_is_no_file_s_fault(pool: SandboxPool) -> None:
    with pytest.raises(SandboxStartError, match="no_such"):
        await pool.call("missing", seconds=SECONDS)
    with pytest.raises(KeyError):
        await pool.call("unheard of", seconds=SECONDS)
    assert await pool.call("echo", seconds=SECONDS)


async def test_children_end_by_themselves_when_their_parent_is_killed() -> None:
    code = (
        "import asyncio\n"
        "from workers.sandbox.pool import SandboxPool\n"
        "async def main():\n"
        "    pool = SandboxPool(1, {'echo': 'tests.sandbox_tasks:echo'})\n"
        "    print((await pool.call('echo', seconds=20))['pid'], flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    await parent.wait()
    assert await gone(pid)


async def test_calls_at_once_are_each_answered_with_their_own(pool: SandboxPool, tmp_path: Path) -> None:
    sizes = [(40 + index, 30) for index in range(20)]
    for width, height in sizes:
        (tmp_path / f"{width}.jpg").write_bytes(jpeg(1, width, height))
    calls = (sandboxed_image_facts(pool, tmp_path / f"{width}.jpg") for width, _ in sizes)
    facts = await asyncio.gather(*calls)
    assert [(one.width, one.height) for one in facts] == sizes
