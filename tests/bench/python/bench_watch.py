"""bench_watch.py: what `undr-check watch` costs: beside a manager at full hand-out, with a capture, in memory."""
import os
import signal
import statistics
import subprocess
import tempfile
import time

MANY = 10_000_000  # tasks


def processor_time(usage):
    return usage.ru_utime + usage.ru_stime


def reads(bench, command, tasks, padding=8):
    """A capture by way of a pipe: the processor time of the command that reads it, and its most memory, in bytes."""
    writer = subprocess.Popen([bench.program("bench-capture"), str(tasks), "4", str(padding)], stdout=subprocess.PIPE)
    reader = subprocess.Popen(command, stdin=writer.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    writer.stdout.close()
    _, status, usage = os.wait4(reader.pid, 0)
    reader.returncode = os.waitstatus_to_exitcode(status)
    if writer.wait() != 0 or reader.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {reader.returncode}")
    return processor_time(usage), usage.ru_maxrss * 1024


def captures(bench, row, spread):
    """1 GiB: tcpdump prints it, or writes it anew."""
    tasks = 1000 if bench.options.quick else 3_150_000
    ours = [bench.program("undr-check"), "watch", "--wire-only", "--pcap", "-"]
    rows = []
    for theirs, title in ((["tcpdump", "-n", "-r", "-"], "tcpdump -r"), (["tcpdump", "-r", "-", "-w", "/dev/null"], "tcpdump -r -w /dev/null")):
        pairs = [(reads(bench, ours, tasks)[0], reads(bench, theirs, tasks)[0]) for _ in range(bench.rounds)]
        figure = spread([mine / max(other, 0.001) for mine, other in pairs])
        rows.append(row(f"1 GiB of capture, small packets, beside {title}", {"unit": "x its processor time", **figure}, "<= 2", "none",
                        figure["median"] <= 2, statistics.median(mine for mine, _ in pairs), statistics.median(other for _, other in pairs)))
    return rows


def memory(bench, row):
    few, many = (1000, 2000) if bench.options.quick else (100_000, MANY)
    command = [bench.program("undr-check"), "watch", "--wire-only", "--pcap", "-"]
    before, after = (reads(bench, command, tasks)[1] for tasks in (few, many))
    ratio = after / before
    return [row(f"peak memory, {many:,} tasks in a capture beside {few:,}", {"unit": "x the memory", "min": ratio, "median": ratio, "max": ratio},
                "constant", "none", ratio < 1.1, after, before)]


def sockets():
    """Of packets, that are bound to an interface."""
    return sum(line.split()[4] != "0" for line in open("/proc/net/packet").readlines()[1:])


class Watch:
    """`undr-check watch` on loopback, on a core of its own."""

    def __init__(self, bench, core, port):
        before = sockets()
        self.report = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen([bench.program("undr-check"), "watch", "--wire-only", "--interface", "lo", "--port", port, "--output", self.report.name],
                                        preexec_fn=bench.prepare(core))
        while sockets() == before:
            if self.process.poll() is not None:
                raise RuntimeError(f"undr-check watch --interface: status {self.process.returncode}")
            time.sleep(0.02)
        time.sleep(0.2)  # for its filter

    def end(self):
        """Its report, when it has taken what there is."""
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        return open(self.report.name).read()


def rate(bench, watched, requests):
    """Manager and load share a core: the other one is the watch's."""
    with bench.manager(0) as manager:
        bench.run(0, "bench-load", manager.port, "fill", requests, 55)
        watch = Watch(bench, 1, manager.port) if watched else None
        figure = bench.run(0, "bench-load", manager.port, "ask", 16, requests)["rate"]
        return figure, watch.end() if watch else ""


def live(bench, row, spread):
    requests = 5000 if bench.options.quick else 200_000
    pairs, lost = [], 0
    for _ in range(bench.rounds):
        bare, (watched, report) = rate(bench, False, requests)[0], rate(bench, True, requests)
        pairs.append((watched, bare))
        lost += "came faster than they could be read" in report
    figure = spread([watched / bare for watched, bare in pairs])
    return [row("hand-out, 16 connections, watched on the other core", {"unit": "of the rate unwatched", **figure}, ">= 0.9, nothing lost", "one core",
                figure["median"] >= 0.9 and lost == 0, statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs))]


def measure(bench, row, spread):
    """Live needs root; without it there is no such row."""
    rows = live(bench, row, spread) if os.geteuid() == 0 else []
    return [*rows, *captures(bench, row, spread), *memory(bench, row)]
