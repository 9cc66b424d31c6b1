"""Entry of a sandboxed child: `python -m workers.sandbox module:function BYTES`, of memory that it may use.

It imports the function, limits itself, says that it is ready, and answers requests until its input ends: one JSON
object a line, {"seconds", "arguments"} in, {"result" or "refused" or "memory", "worn"} out.
"""

from __future__ import annotations

import importlib
import math
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import orjson

from workers.sandbox.limits import limit_process, memory_bytes
from workers.sandbox.tasks import RefusedError

MAX_CALLS = 1_000
MAX_GROWTH_BYTES = 256 * 1024**2
# The parent keeps time. A child that outlives its parent in the middle of a call ends by this alarm.
_GRACE_SECONDS = 5


def main(task: str, memory: int) -> None:
    """Serve until the parent closes our input. What the task raises, unless RefusedError, ends the process."""
    requests, answers = _own_streams()
    module, _, name = task.partition(":")
    function = getattr(importlib.import_module(module), name)
    limit_process(memory)
    start = memory_bytes("VmRSS") or 0
    _send(answers, {"ready": True})
    for calls, line in enumerate(requests, 1):
        request = orjson.loads(line)
        signal.alarm(math.ceil(request["seconds"]) + _GRACE_SECONDS)
        answer = _answer(function, request["arguments"])
        signal.alarm(0)
        worn = calls >= MAX_CALLS or (memory_bytes("VmRSS") or 0) > start + MAX_GROWTH_BYTES
        _send(answers, {**answer, "worn": worn})


def _answer(function: Callable[..., object], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": function(**arguments)}
    except RefusedError as error:
        return {"refused": {"kind": type(error).__name__, "message": str(error)}}
    except MemoryError:
        return {"memory": True}


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Our pipes under numbers of their own, so that a library that reads or prints does not meet the protocol."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
