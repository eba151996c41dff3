"""The programs of conformance/adapters/python/upstream.md do what that page says; its cases are known failures.

    upstream.py BUILD     run by the Python of scripts/python-environment

A program hangs when it goes on after each of its workers has ended. That is waited for, however long it takes; then the
program gets a while to prove the page wrong. Less time than it needs can only hide that the package was mended.
"""

import concurrent.futures
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "conformance" / "adapters" / "python"
PAGE = (FOLDER / "upstream.md").read_text(encoding="utf-8")
PATIENCE = 3  # seconds
# The program as the one that is run, on the real undr.task without the rest of the package (which needs numpy and more).
RUN = ("import runpy, sys; sys.path.insert(0, sys.argv[1]); import undr_adapter; undr_adapter.import_task_module(); "
       "runpy.run_path(sys.argv[2], run_name='__main__')")


def programs():
    """(what it does, its text) of each fenced block."""
    return re.findall(r"^```python ([^\n]+)\n(.*?)^```$", PAGE, re.M | re.S)


def state(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def workers(pid):
    """The states of its children: Z has ended."""
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [state(child) for child in children]


def wait_for_a_worker_to_end(process):
    """Both start; one of them gets the task. False: the program has ended meanwhile."""
    while process.poll() is None:
        if "Z" in workers(process.pid):
            return True
        time.sleep(0.05)
    return False


def problem_of_hanging(process):
    if wait_for_a_worker_to_end(process):
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return None
    return "it has ended, with status %s, and the page says that it hangs" % process.returncode


def problem(process, wanted):
    if wanted == "hangs":
        return problem_of_hanging(process)
    said, _ = process.communicate()
    said = said.decode().strip()
    if "prints " + said != wanted or process.returncode != 0:
        return "it prints %r, status %d, and the page says that it %s" % (said, process.returncode, wanted)
    return None


def end(process):
    """With its workers, which are of its session."""
    try:
        subprocess.run(["kill", "-KILL", "--", f"-{process.pid}"], check=False, stderr=subprocess.DEVNULL)
    finally:
        process.wait()


def cases_not_expected():
    known = (FOLDER / "expected.txt").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"`((?:manager|worker|pool)\.[\w.-]+)`", PAGE))):
        if not re.search(rf"\b(fail|warn) {re.escape(name)}\s", known):
            yield name


def main():
    found = programs()
    problems = ["%s is no known failure of expected.txt" % name for name in cases_not_expected()]
    if len(found) != PAGE.count("```python") or not found:
        problems.append("a program of the page says not what it does")
    with tempfile.TemporaryDirectory() as folder:
        started = []
        for index, (wanted, text) in enumerate(found):
            lines = [line for line in text.splitlines() if line.strip()]
            if len(lines) > 5:
                problems.append("program %d has %d lines, not five" % (index + 1, len(lines)))
            path = pathlib.Path(folder) / f"program_{index + 1}.py"
            path.write_text(text, encoding="utf-8")
            started.append(subprocess.Popen([sys.executable, "-B", "-c", RUN, str(FOLDER), str(path)], stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, start_new_session=True))
        try:
            with concurrent.futures.ThreadPoolExecutor(len(started) or 1) as pool:
                said = pool.map(problem, started, [wanted for wanted, _ in found])
                problems += ["program %d: %s" % (index + 1, text) for index, text in enumerate(said) if text]
        finally:
            for process in started:
                end(process)
    print("\n".join(problems) if problems else "%d programs do what upstream.md says" % len(found))
    return 1 if problems else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
