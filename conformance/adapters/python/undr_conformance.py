"""The task that the conformance suite schedules: its state says, step by step, what it does (spec/adapter.md)."""

import os
import socket
import sys
import time

import undr.task


class Probe(undr.task.Task):
    def __init__(self, steps):
        self.steps = steps

    def run(self, session, manager):
        for name, *arguments in self.steps:
            STEPS[name](manager, *arguments)  # an unknown step raises


def wait(manager, port):
    """A gate: the harness listens there and decides when the task goes on."""
    with socket.create_connection(("127.0.0.1", port)) as gate:
        while gate.recv(4096):
            pass


def fail(manager, text):
    raise RuntimeError(text)


STEPS = {
    "message": lambda manager, value: manager.send_message(value),
    # without a priority the package's own default counts
    "schedule": lambda manager, task, *priority: manager.schedule(task, *priority),
    "raise": fail,
    "wait": wait,
    "sleep": lambda manager, seconds: time.sleep(seconds),
    "pid": lambda manager: manager.send_message(("pid", os.getpid())),
    "exit": lambda manager, status: sys.exit(status),
}
