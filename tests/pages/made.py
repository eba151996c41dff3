"""made.py: the pages that the tests of this folder look at, made anew, with failures in them."""
import json
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SHORT = ["--seed", "1", "--again", "0", "--delivery", "whole", "--jobs", "4"]


def report(check, folder, name, *target, role="manager", only=("manager.schedule.*", "manager.life.*", "manager.framing.any*"), more=()):
    """Runs undr-check; FOLDER has NAME.html and NAME.json then."""
    words = [check, role, *SHORT, "--html", folder / f"{name}.html", "--json", folder / f"{name}.json",
             *(word for pattern in only for word in ("--only", pattern)), *more, "--", *target]
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def matrix(folder):
    """As `undr-check matrix` may write it: a row each, of whatever members."""
    path = folder / "matrix.json"
    path.write_text(json.dumps({"rows": [
        {"manager": "undr <1>", "worker": "a-worker-with-a-name-that-is-long-enough-to-be-wider-than-a-telephone", "verdict": "pass"},
        {"manager": "undr <1>", "worker": "mine", "verdict": "fail", "cases": {"failed": 3, "ids": ["SCHED-3", "REQ-1"]}}]}))
    return path


def site(check, folder, *words):
    return subprocess.run([SOURCE / "scripts/site", "--check", check, *map(str, words), folder], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
