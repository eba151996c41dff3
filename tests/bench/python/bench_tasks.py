"""The tasks of bench_pool.py."""

import os
import time

import undr.task


class Nothing(undr.task.Task):
    def run(self, session, manager):
        pass


class Stamp(undr.task.Task):
    def run(self, session, manager):
        manager.send_message(time.monotonic())


class Many(undr.task.Task):
    def __init__(self, count):
        self.count = count

    def run(self, session, manager):
        for i in range(self.count):
            manager.send_message(i)


class Hold(undr.task.Task):
    """Its worker is busy until a file is there, so that each worker gets one."""

    def __init__(self, go):
        self.go = go

    def run(self, session, manager):
        manager.send_message(os.getpid())
        while not os.path.exists(self.go):
            time.sleep(0.02)
