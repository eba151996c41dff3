"""made.py: the pages that the tests of this folder look at, made anew, with failures in them."""
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SHORT = ["--seed", "1", "--again", "0", "--delivery", "whole", "--jobs", "4"]


def report(check, folder, name, *target, role="manager", only=("manager.schedule.*", "manager.life.*", "manager.framing.any*"), more=()):
    """Runs undr-check; FOLDER has NAME.html and NAME.json then."""
    words = [check, role, *SHORT, "--html", folder / f"{name}.html", "--json", folder / f"{name}.json",
             *(word for pattern in only for word in ("--only", pattern)), *more, "--", *target]
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def site(check, folder, *words):
    return subprocess.run([SOURCE / "scripts/site", "--check", check, *map(str, words), folder], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
