"""What section 14 of spec/protocol.md says of the package and no case can show: it still is so."""

import argparse
import os
import signal
import socket
import sys

import programs  # noqa: F401 (makes undr_adapter known)
import undr_adapter

task = undr_adapter.import_task_module()
from undr_conformance import Probe  # noqa: E402 (undr.task comes first)


class Watched:
    """A lock that looks at what is done with the queue before it is entered for the first time."""

    def __init__(self, lock, look):
        self.lock, self.look = lock, look

    def __enter__(self):
        look, self.look = self.look, None
        if look is not None:
            look()
        return self.lock.__enter__()

    def __exit__(self, *what):
        return self.lock.__exit__(*what)


def queued_before_it_is_counted():
    """schedule() has queued the task and not counted it: a worker fetches it, and messages() ends while it is out."""
    manager = undr_adapter.make_manager(task, argparse.Namespace(workers=0, priority_levels=2, log_directory=None))
    seen = []

    def look():
        with socket.create_connection(("127.0.0.1", manager.server.server_address[1])) as worker:
            worker.settimeout(60)
            task.send_type(worker, b"n")
            seen.append(type(task.receive_message(worker)[1]))
            seen.append(list(manager.messages()))

    manager.tasks_left_lock = Watched(manager.tasks_left_lock, look)
    manager.schedule(Probe([]))
    assert seen == [Probe, []], f"{seen}: the count has risen before the task could be fetched; section 14 is outdated"
    manager.close(task.ProcessManager.ClosePolicy.KILL)
    print("a task is queued before it is counted: it was fetched, and messages() ended while it was out")


def interrupted():
    """A KeyboardInterrupt ends a worker in its task: status 0, no report, and the count stays at 1 for ever."""
    manager = undr_adapter.make_manager(task, argparse.Namespace(workers=1, priority_levels=2, log_directory=None))
    with socket.create_server(("127.0.0.1", 0)) as gate:
        gate.settimeout(60)
        manager.schedule(Probe([("wait", gate.getsockname()[1])]))
        with gate.accept()[0]:
            worker = manager.workers[0]
            os.kill(worker.pid, signal.SIGINT)
            worker.join(60)
    status, left, inbox = worker.exitcode, manager.tasks_left, list(manager.message_queue)
    manager.close(task.ProcessManager.ClosePolicy.KILL)
    assert (status, left, inbox) == (0, 1, []), f"status {status}, {left} left, {inbox}; section 14 is outdated"
    print("an interrupted worker left with status 0; its task is neither reported nor settled")


if __name__ == "__main__":
    queued_before_it_is_counted()
    interrupted()
