"""One measure of one manager, the package's own or undr_native's: a line of JSON.

    bench_pool.py package|native messages COUNT     seconds that COUNT messages of 4 tasks take to the reader
    bench_pool.py package|native busy_messages COUNT    the same, with a reader that works 10 us for each
    bench_pool.py package|native start COUNT        us from schedule to the start of a task, 4 idle workers: the median
    bench_pool.py package|native end COUNT          us from the end of the last task to that of messages(): the median
    bench_pool.py package|native workers COUNT      seconds until COUNT workers, from none, all run a task
    bench_pool.py package|native tasks COUNT        seconds that COUNT small tasks take, 4 workers
"""

import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import undr.task

import bench_tasks

WORKERS = 4
PAUSE = 0.03  # the package's workers poll every 20 ms: where between two polls a task comes is by chance


def manager_class(name):
    if name == "native":
        import undr_native

        return undr_native.NativeProcessManager
    return undr.task.ProcessManager


def warm(manager, workers):
    """All workers have run a task: each holds one until all have."""
    with tempfile.TemporaryDirectory() as folder:
        go = pathlib.Path(folder) / "go"
        for _ in range(workers):
            manager.schedule(bench_tasks.Hold(str(go)))
        seen = 0
        for _ in manager.messages():
            seen += 1
            if seen == workers:
                go.touch()
                return_at = time.monotonic()
    return return_at


def messages(make, count):
    with make(WORKERS) as manager:
        warm(manager, WORKERS)
        begin = time.monotonic()
        for _ in range(WORKERS):
            manager.schedule(bench_tasks.Many(count // WORKERS))
        seen = sum(1 for _ in manager.messages())
        seconds = time.monotonic() - begin
    assert seen == count // WORKERS * WORKERS, seen
    return seconds


def busy_messages(make, count):
    """With a reader that does something of its own for each message, some 10 us."""
    with make(WORKERS) as manager:
        warm(manager, WORKERS)
        begin = time.monotonic()
        for _ in range(WORKERS):
            manager.schedule(bench_tasks.Many(count // WORKERS))
        for _ in manager.messages():
            sum(range(500))
        return time.monotonic() - begin


def stamps(make, count):
    """(scheduled, started, ended: messages() was left) of each task, in s."""
    found = []
    with make(WORKERS) as manager:
        warm(manager, WORKERS)
        for _ in range(count):
            time.sleep(PAUSE)
            scheduled = time.monotonic()
            manager.schedule(bench_tasks.Stamp())
            (started,) = manager.messages()
            found.append((scheduled, started, time.monotonic()))
    return found


def start(make, count):
    return statistics.median(started - scheduled for scheduled, started, _ in stamps(make, count)) * 1e6


def end(make, count):
    return statistics.median(ended - started for _, started, ended in stamps(make, count)) * 1e6


def workers(make, count):
    begin = time.monotonic()
    with make(count) as manager:
        return warm(manager, count) - begin


def tasks(make, count):
    with make(WORKERS) as manager:
        warm(manager, WORKERS)
        begin = time.monotonic()
        for _ in range(count):
            manager.schedule(bench_tasks.Nothing())
        for _ in manager.messages():
            pass
        return time.monotonic() - begin


def main(name, measure, count):
    os.environ["PYTHONUNBUFFERED"] = "1"
    print(json.dumps({"value": globals()[measure](manager_class(name), int(count))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
