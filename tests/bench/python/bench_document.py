"""What scripts/bench says of its figures: the table, spec/bench.md, and the table of the README."""

LIMITS = """\
What each figure is compared with:

- hand-out: an epoll loop that answers 9 bytes with 64;
- large payloads: a bare socket that is read into memory of the payload's size;
- decoding: CPython's C `pickle.loads` on the same pickles;
- the watch: the same manager without it; tcpdump on the same capture;
- latencies: a bare socket to a waiting process, in C or in Python, that is, the time that the process takes to wake up;
- `undr_native`: the Python package's own manager, in the same program (`tests/bench/python/bench_pool.py`).

Python workers are also measured against a bare socket in place of the manager, `fed by a bare socket`, with the \
task's frame ready: that is the workers' own share, which no manager can reduce.

"""


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(rows, quick=False):
    """quick: too little was measured to say what is reached."""
    lines = ["| measure | min | median | max | unit | reach | pinning |", "|---|---|---|---|---|---|---|"]
    for one in rows:
        figure = one["figure"]
        reach = one["reach"] if one["met"] else one["reach"] + " **not reached**"
        reach = "not compared (--quick)" if quick else reach
        lines.append(f"| {one['measure']} | {number(figure['min'])} | {number(figure['median'])} | "
                     f"{number(figure['max'])} | {figure['unit']} | {reach} | {one['pinning']} |")
    return "\n".join(lines) + "\n"


def document(result):
    """bench.md: the table, and how to read it."""
    text = "# Speed and scale\n\n`scripts/bench --write` wrote this page, and `bench.json` with the same figures.\n\n"
    text += f"Machine: {result['machine']}.\n{result['rounds']} rounds, each with the limit program and then with ours"
    text += ", under SCHED_FIFO, because other work ran on the machine.\n" if result["realtime"] else ".\n"
    text += "Pinning: with `two cores`, the server is on core 0 and the load on core 1 (`taskset -c`); with `one core`, "
    text += "both are on core 0.\n\n"
    text += LIMITS
    text += table(result["rows"])
    text += "\n![How cost grows: connections, queue, payload](bench.svg)\n"
    if "decode" in result["growth"]:
        text += "\nDecoding, each pickle alone, medians of the rounds:\n\n"
        text += "| pickle | bytes | CPython, us | ours, us | x as fast |\n|---|---|---|---|---|\n"
        for name, size, ours, theirs in result["growth"]["decode"]:
            text += f"| {name} | {size:,} | {theirs / 1e3:.2f} | {ours / 1e3:.2f} | {theirs / ours:.2f} |\n"
    return text


def summary(rows):
    """The README's table: the medians."""
    found = {(row["measure"], row["pinning"]): row["figure"]["median"] for row in rows}

    def of(pinning, *measures):
        return [number(found[measure, pinning]) for measure in measures]

    rates = [f"hand-out, {count} connections" for count in (16, 64, 1000)]
    kinds = ("C", "Python")
    lines = ["| measure | figure | pinning |", "|---|---|---|"]

    def line(measure, figure, pinning):
        lines.append(f"| {measure} | {figure} | {pinning} |")

    line("tasks handed out, 16 / 64 / 1,000 connections, of what a bare epoll echo reaches",
         " / ".join(of("two cores", *rates)), "server and load on a core each")
    line("the same", " / ".join(of("one core", *rates)), "all on one core")
    line("memory of each of 5,000 idle connections",
         of("two cores", "memory of each of 5000 idle connections")[0] + " bytes", "a core each")
    for what in ("schedule to start", "message to reader"):
        figures = of("none", *(f"{what}, 4 {kind} workers" for kind in kinds))
        bare = of("none", *(f"{what}, a bare socket in {kind}" for kind in kinds))
        line(f"{what}, idle pool of 4, C / Python workers (a bare socket: {bare[0]} / {bare[1]} us)",
             " us / ".join(figures) + " us", "none")
    line("message of 1 GiB, against a bare socket that is read into memory",
         of("two cores", "1 GiB message")[0] + " x", "a core each")
    line("task of 1 GiB, to the manager / to a worker",
         " x / ".join(of("two cores", "1 GiB task to the manager", "1 GiB task to a worker")) + " x", "a core each")
    peaks = [found[f"1 GiB {what}: peak memory of the {side}", "two cores"]
             for what in ("message", "task") for side in ("manager", "worker")]
    line("peak memory for a payload of 1 GiB, manager and worker", number(max(peaks)) + " GiB", "a core each")
    line("1,000,000 queued tasks, beside their payload",
         of("two cores", "1000000 queued tasks of 20 to 300 bytes, beside the payload")[0] + " bytes each",
         "a core each")
    late = of("two cores", "5000 connects at once: those that waited for a retransmit")[0]
    line("5,000 connects at once that waited for a retransmit", f"{float(late):g}", "a core each")
    native = {measure.removeprefix("undr_native, "): number(median) for (measure, _), median in found.items()
              if measure.startswith("undr_native, ")}
    for measure, figure in native.items():
        line(f"`undr_native` against the Python package's own manager: {measure}", f"{figure} x as fast", "none")
    line("decoding of 19 pickles, against CPython's C `pickle.loads`: geometric mean / worst case",
         " x / ".join(of("one core", "decode, geometric mean of 19 pickles", "decode, worst case"))
         + " x as fast", "one core")
    return "\n".join(lines) + "\n"


def with_summary(readme, rows):
    """The README with that table in the place of the one it has."""
    head = "| measure | figure | pinning |\n"
    before, rest = readme.split(head, 1)
    behind = rest.split("\n\n", 1)[1]
    return before + summary(rows) + "\n" + behind
