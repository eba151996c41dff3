"""The measures of undr_native, in turn with the package's own manager, by the same program (bench_pool.py)."""

import json
import os
import pathlib
import statistics
import subprocess

# name: the measure of bench_pool.py, its count, that of --quick, what is compared, how much better it is to be
MEASURES = (
    ("messages to the reader", "messages", 20000, 2000, 1),
    ("schedule to start, Python workers", "start", 60, 5, 5),
    ("end of the last task to the end of messages()", "end", 60, 5, 5),
    ("64 workers, from none to all at work", "workers", 64, 8, 1),
    ("100000 small tasks", "tasks", 100000, 1000, 1),
)


def run(bench, python, root, manager, measure, count):
    environment = dict(os.environ, UNDR_NATIVE_LIBRARY=str(bench.build / "libundrtask.so.0"),
                       PYTHONPATH=f"{root / 'ref' / 'python'}:{root / 'tests' / 'bench' / 'python'}")
    program = root / "tests" / "bench" / "python" / "bench_pool.py"
    done = subprocess.run([str(python), str(program), manager, measure, str(count)], env=environment,
                          preexec_fn=bench.prepare(None), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"bench_pool.py {manager} {measure} {count}: {done.stderr.strip() or done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])["value"]


def find_python(bench):
    """None: the package is not installed with all that it imports."""
    python = pathlib.Path(bench.options.python or bench.build / "python" / "bin" / "python")
    installed = python.exists() and subprocess.run([str(python), "-c", "import undr"], capture_output=True)
    return python if installed and installed.returncode == 0 else None


def rows(bench, root, row, spread):
    """row, spread: of scripts/bench."""
    python = find_python(bench)
    if python is None:
        raise RuntimeError("no Python with all that undr imports: scripts/native-environment build makes it")
    found = []
    for name, measure, count, quick, reach in MEASURES:
        pairs = []
        for _ in range(bench.rounds):
            package, native = (run(bench, python, root, manager, measure, quick if bench.options.quick else count)
                               for manager in ("package", "native"))
            pairs.append((package, native))
        figure = spread([package / native for package, native in pairs])
        found.append(row(f"undr_native, {name}", {"unit": "x as fast as the package's own", **figure}, f">= {reach}",
                         "none", figure["median"] >= reach, statistics.median(native for _, native in pairs),
                         statistics.median(package for package, _ in pairs)))
    return found
