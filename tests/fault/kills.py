"""kills.py BUILD [SEED]: 1,000 SIGKILLs at random moments to the workers that run 10,000 tasks. Every task is accounted
for exactly once, JOIN returns, and nothing is left: no process, no zombie, no descriptor, no file."""

import os
import pathlib
import random
import re
import signal
import sys
import tempfile

import harness

BUILD = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
WORKERS, TASKS, KILLS, AHEAD = 8, 10000, 1000, 400
NUMBER = re.compile(rb"task-(\d+)-")


class Account:
    """What was heard of each task: how often its message came, how often its loss."""

    def __init__(self):
        self.ran = [0] * TASKS
        self.lost = [0] * TASKS

    def add(self, message):
        number = int(NUMBER.search(message)[1])
        (self.lost if b"task lost" in message else self.ran)[number] += 1

    def heard(self):
        return sum(1 for ran, lost in zip(self.ran, self.lost) if ran or lost)

    def check(self, retries):
        """A task that was reported lost may have sent its message before it was; one that was not has run to its end."""
        for number, (ran, lost) in enumerate(zip(self.ran, self.lost)):
            assert lost <= 1, f"the loss of task {number} was reported {lost} times"
            assert ran <= retries + 1, f"task {number} ran {ran} times, {retries + 1} are allowed"
            assert ran + lost > 0, f"nothing was heard of task {number}"
        return sum(self.lost)


def task(choose, number):
    return harness.probe(("message", f"task-{number}-"), ("sleep", choose.random() * 0.004))


def kill_one(choose, manager):
    """A worker that is starting, waiting or running; it may have ended by itself as little as a moment ago."""
    workers = harness.until(lambda: [pid for pid in harness.children(manager.pid) if harness.runs(pid)], "worker")
    victim = choose.choice(workers)
    os.kill(victim, signal.SIGKILL)  # its parent may have reaped it: then another is tried
    harness.until(lambda: not harness.runs(victim), "end of what was killed")


def kill_some(choose, manager, account, killed):
    """As many as the progress of the tasks asks for."""
    while killed < KILLS and killed * (TASKS - AHEAD) <= account.heard() * KILLS:
        try:
            kill_one(choose, manager)
            killed += 1
        except ProcessLookupError:
            pass
    return killed


def run(choose, manager):
    """Keeps AHEAD tasks scheduled, so that the kills are spread over all of them."""
    account, killed, scheduled = Account(), 0, 0
    while True:
        while scheduled < min(TASKS, account.heard() + AHEAD):
            manager.schedule(task(choose, scheduled))
            scheduled += 1
        killed = kill_some(choose, manager, account, killed)
        message = manager.next()
        if message is not None:
            account.add(message)
        elif scheduled == TASKS:
            return account, killed


def session(choose, folder, *options, retries):
    with harness.Manager(BUILD, "--log-directory", folder, *options, workers=WORKERS) as manager:
        await_pool(manager)
        before = harness.descriptors(manager.pid)
        account, killed = run(choose, manager)
        lost = account.check(retries)
        assert killed == KILLS, f"{killed} of {KILLS} were killed before all tasks were done"
        await_pool(manager)
        assert not harness.zombies(manager.pid)
        harness.until(lambda: len(harness.descriptors(manager.pid)) == len(before), f"return to {before}")
        manager.close("join")
        assert not harness.children(manager.pid), "a worker has survived JOIN"
        manager.end()
        said = manager.said().count("was ended by signal 9")
        assert said == KILLS, f"{said} deaths are in the log"
    return lost


def settled(pid):
    """It has connected: it holds standard input, output and error, its log, and its connection."""
    try:
        return len(harness.descriptors(pid)) == 5
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_pool(manager):
    def is_full():
        workers = harness.children(manager.pid)
        return len(workers) == WORKERS and all(map(settled, workers))
    def is_accepted():
        sockets = [name for name in harness.descriptors(manager.pid) if name.startswith("socket:")]
        return len(sockets) == WORKERS + harness.LISTENERS

    harness.until(is_full, "full pool that is connected")
    harness.until(is_accepted, "connection to each of them")


def main():
    print(f"seed {SEED}", flush=True)
    choose = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        lost = session(choose, folder, retries=0)
        print(f"{TASKS} tasks, {KILLS} workers killed: {TASKS - lost} completed, {lost} reported lost")
        assert lost > 0, "no kill has met a running task: the test shows nothing"
        again = session(choose, folder, "--retries", 3, retries=3)
        print(f"the same with --retries 3: {TASKS - again} completed, {again} reported lost")
        assert again * 10 < lost, "hardly a task meets four kills: they are not handed out again"
        assert len(list(pathlib.Path(folder).iterdir())) == WORKERS, "a log for each worker, and nothing else"


main()
