"""Four Python workers (the real package) on our undr-manager: real tasks, Chains, spawned tasks, errors."""

import collections
import contextlib
import os
import pathlib
import pickle
import socket
import sys
import traceback

import programs
import undr_adapter

task = undr_adapter.import_task_module()
import interop_tasks as tasks  # noqa: E402 (undr.task comes first)

WORKERS = 4
SQUARES = 100
DEPTH = 4
LARGE = b"x" * (1 << 20)


def meet(manager):
    """All workers run at the same time: none of these tasks ends before all of them have come."""
    with socket.create_server(("127.0.0.1", 0)) as gate:
        gate.settimeout(60)
        for _ in range(WORKERS):
            manager.schedule(tasks.Meet(gate.getsockname()[1]))
        for visitor in [gate.accept()[0] for _ in range(WORKERS)]:
            visitor.close()
    assert programs.all_messages(manager) == [("met",)] * WORKERS


def can_report():
    """Can a worker report a task that fails? Since Python 3.13.4 it ends instead (spec/protocol.md, section 14)."""
    try:
        raise ValueError("boom")
    except ValueError as error:
        try:
            pickle.dumps(traceback.TracebackException.from_exception(error))
        except TypeError:
            return False
    return True


def work(manager, reports):
    for number in range(SQUARES):
        manager.schedule(tasks.Square(number))
    manager.schedule(tasks.Tree(DEPTH))
    manager.schedule(task.Chain([tasks.Say("a"), task.Chain([tasks.Say("b")]), tasks.Fail("boom"), tasks.Say("never")]))
    manager.schedule(tasks.Fail("sieben Übel"), priority=0)
    manager.schedule(tasks.Say(LARGE))

    by_kind = collections.defaultdict(list)
    for message in programs.all_messages(manager):
        is_error = isinstance(message, task.WorkerException)
        by_kind["error" if is_error else message[0]].append(str(message) if is_error else message[1:])
    assert sorted(by_kind["square"]) == [(number, number * number) for number in range(SQUARES)]
    depths = collections.Counter(depth for (depth,) in by_kind["tree"])
    assert depths == {depth: 2 ** (DEPTH - depth) for depth in range(DEPTH + 1)}, depths
    said = [value for (value,) in by_kind["say"]]
    assert said.index("a") < said.index("b") and "never" not in said and LARGE in said and len(said) == 3
    assert len(by_kind["error"]) == 2
    if not reports:
        assert all("task lost" in text for text in by_kind["error"]), by_kind["error"]
        return
    assert sum("ValueError: boom" in text for text in by_kind["error"]) == 1, by_kind["error"]
    assert sum("ValueError: sieben Übel" in text for text in by_kind["error"]) == 1, by_kind["error"]


def main(build):
    environment = dict(os.environ, PYTHONPATH=str(pathlib.Path(__file__).resolve().parent))
    with contextlib.ExitStack() as stack:
        manager = stack.enter_context(programs.Manager(programs.reference(build, "undr-manager")))
        workers = [
            stack.enter_context(
                programs.Program(programs.PYTHON_ADAPTER, "worker", "--port", manager.port, env=environment)
            )
            for _ in range(WORKERS)
        ]
        meet(manager)
        reports = can_report()
        work(manager, reports)
        manager.schedule(tasks.Square(1))
        manager.close("join")
        ended = sorted(worker.process.wait(timeout=60) for worker in workers)
        assert ended == ([0, 0, 0, 0] if reports else [0, 0, 1, 1]), ended
        manager.end()
    print(f"{WORKERS} Python workers on undr-manager: {SQUARES + 2 ** (DEPTH + 1) + WORKERS + 3} tasks, 2 errors"
          + ("" if reports else ", each the end of a worker: this Python can't pickle a TracebackException"))


main(sys.argv[1])
