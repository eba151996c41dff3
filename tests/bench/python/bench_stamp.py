"""The task of bench-latency in Python workers: sends the time at which it ran."""

import time

import undr.task


class Stamp(undr.task.Task):
    def run(self, session, manager):
        manager.send_message(time.monotonic_ns())
