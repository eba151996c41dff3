"""Four of our undr-worker on the package's own ProcessManager: Probe tasks, a Chain, spawned tasks, an error."""

import argparse
import contextlib
import socket
import sys

import programs
import undr_adapter

task = undr_adapter.import_task_module()
from undr_conformance import Probe  # noqa: E402 (undr.task comes first)

WORKERS = 4
COUNT = 100


def meet(manager):
    with socket.create_server(("127.0.0.1", 0)) as gate:
        gate.settimeout(60)
        for _ in range(WORKERS):
            manager.schedule(Probe([("wait", gate.getsockname()[1]), ("message", "met")]))
        for visitor in [gate.accept()[0] for _ in range(WORKERS)]:
            visitor.close()
    assert programs.all_messages(manager) == ["met"] * WORKERS


def work(manager):
    value = {"list": [1, -1, 1 << 70, 0.5, None, True], "tuple": ("ü", b"\0"), "set": {1, 2}}
    for number in range(COUNT):
        child = Probe([("message", ("child", number))])
        manager.schedule(Probe([("message", ("parent", number)), ("schedule", child, number % 2)]))
    chain = [Probe([("message", value)]), Probe([("raise", "boom")]), Probe([("message", "never")])]
    manager.schedule(task.Chain(chain))
    manager.schedule(Probe([("message", b"x" * (1 << 20))]), priority=0)

    messages = programs.all_messages(manager)
    errors = [message for message in messages if isinstance(message, task.WorkerException)]
    assert len(errors) == 1 and "boom" in str(errors[0]), [str(error) for error in errors]
    rest = [message for message in messages if message not in errors]
    assert value in rest and b"x" * (1 << 20) in rest and "never" not in rest
    pairs = sorted(message for message in rest if isinstance(message, tuple))
    assert pairs == sorted((kind, number) for kind in ("parent", "child") for number in range(COUNT)), pairs
    assert len(rest) == 2 * COUNT + 2


def main(build):
    options = argparse.Namespace(workers=0, priority_levels=2, log_directory=None)
    with contextlib.ExitStack() as stack:
        manager = stack.enter_context(undr_adapter.make_manager(task, options))
        port = manager.server.server_address[1]
        workers = [
            stack.enter_context(programs.Program(programs.reference(build, "undr-worker"), "worker", "--port", port))
            for _ in range(WORKERS)
        ]
        meet(manager)
        work(manager)
        manager.close(task.ProcessManager.ClosePolicy.JOIN)
        for worker in workers:
            worker.must_end_with(0)
    print(f"{WORKERS} undr-worker on the Python ProcessManager: {2 * COUNT + WORKERS + 2} tasks, 1 error")


main(sys.argv[1])
