#!/usr/bin/env python3
"""Runs the watch over the peers of tests/broken: is each bug that the wire shows named, and nothing that is right?

usage: bugs.py BUILD [--jobs N] [--one-in N [--seed S]] [BUG...]      without BUG: all bugs, all variants, the reference

--one-in N: what is right plays one in N of the cases, chosen by S.

For each bug the cases that tests/broken/matrix.tsv knows to catch it are played, in a network of their own that
`undr-check watch` looks at. A bug is named when a requirement that it is known to break is among those of a finding that
blames its side. Bugs that no finding names have to stand in unseen.txt, with the reason; those that are named must not.
A variant, and the reference, must not be blamed for anything."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
CASES = 6   # of a bug and role, at most
# A manager that loses tasks, or makes some up, breaks these sentences, whatever made it do so.
EFFECTS = {one: {"SCHED-6", "SCHED-4"} for one in ("REQ-6", "FAULT-2", "FAULT-3", "FRAME-2", "FRAME-5", "SCHED-7", "CLOSE-JOIN-1")}
SIDES = {"manager": {"manager"}, "worker": {"client"}, "pool": {"manager", "client"}}


def bugs(build):
    listing = subprocess.run([build / "tests" / "undr-broken", "--list"], check=True, capture_output=True, text=True)
    return [line.split("\t") for line in listing.stdout.splitlines()]


def matrix():
    """{bug: [(role, [cases], those that blame what is right first)]}"""
    found = {}
    for line in (SOURCE / "tests" / "broken" / "matrix.tsv").read_text().splitlines():
        if line.startswith("#") or line.count("\t") != 3:
            continue
        bug, _, role, cases = line.split("\t")
        names = [case.rstrip("*!") for case in cases.split()]
        starred = [case.rstrip("*!") for case in cases.split() if "*" in case]
        found.setdefault(bug, []).append((role, starred + [name for name in names if name not in starred]))
    return found


def scheduled_by_program():
    """The cases in which the manager's own program schedules, and those that are played behind such a case."""
    found, behind = set(), {}
    for path in (SOURCE / "conformance" / "cases").glob("*.case"):
        name = None
        for words in (line.split() for line in path.read_text().splitlines()):
            if words[:1] == ["case"]:
                name = words[1]
            elif words[:1] == ["after"]:
                behind[name] = words[1]
            elif words[:3] == ["M", "->", "schedule"]:
                found.add(name)
    while more := {name for name, first in behind.items() if first in found} - found:
        found |= more
    return found


def watch(build, role, options, cases, target):
    """The findings of the watch, as JSON, of the cases played against a target."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        only = [word for case in cases for word in ("--only", case)]
        command = [build / "undr-check", "watch", "--json", report.name, "--output", os.devnull, *options, "--",
                   build / "undr-check", role, "--again", "0", "--timeout-factor", "0.3", "--load", *only, "--", *target]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        text = pathlib.Path(report.name).read_text()
        if not text:
            sys.exit(f"bugs.py: no report of {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return json.loads(text)["findings"]


def findings_of(build, role, cases, target, own):
    """Where the program schedules nothing itself, more can be proved."""
    workers = ["--all-workers"] if role == "worker" else []
    silent = [case for case in cases if role == "manager" and case not in own]
    groups = {(): [case for case in cases if case not in silent], ("--wire-only",): silent}
    found = []
    for options, group in groups.items():
        if group:
            found += watch(build, role, [*options, *workers], group, target)
    return found


def judge_bug(build, bug, plays, own):
    kind, role, name, requirements = bug[:4]
    allowed, seen = set(requirements.split()), set()
    allowed |= set().union(*(EFFECTS.get(one, ()) for one in allowed))
    sides = {}
    for played, cases in sorted(plays, key=lambda play: play[0] != role):
        # The harness plays the other side, and breaks rules on purpose.
        sides = SIDES[role] if played != "pool" else {"manager", "client"}
        target = [build / "tests" / "undr-broken", "--bug", name]
        for finding in findings_of(build, played, cases[:CASES], target, own):
            if finding["blamed"] in sides:
                seen |= set(finding["ids"])
                if allowed & set(finding["ids"]):
                    return name, allowed & set(finding["ids"]), seen
    return name, set(), seen


def unseen():
    lines = (HERE / "unseen.txt").read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def right(build, name, role, target, own, chance, one_in):
    """What is wrongly said of a peer that is right."""
    cases = sorted(all_cases(build, role))
    cases = sorted(chance.sample(cases, (len(cases) + one_in - 1) // one_in))
    wrong = []
    for finding in findings_of(build, role, cases, target, own):
        if finding["blamed"] in SIDES["manager" if role == "pool" else role]:
            wrong.append(f"{name} as {role}: {finding['ids']} {finding['seen']}: "
                         + "; ".join(frame["line"][:80] for frame in finding["frames"]))
    return wrong


def all_cases(build, role):
    listing = subprocess.run([build / "undr-check", role, "--list"], check=True, capture_output=True, text=True)
    return {line.strip() for line in listing.stdout.splitlines() if re.fullmatch(rf"\s*{role}\.\S+", line)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("chosen", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--one-in", type=int, default=1)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    given = parser.parse_args()
    build, chosen, jobs, one_in = given.build, set(given.chosen), given.jobs, given.one_in
    if one_in > 1:
        print(f"what is right plays one in {one_in} of the cases; the same ones again: --one-in {one_in} --seed {given.seed}", flush=True)
    listed, plays, own, known = bugs(build), matrix(), scheduled_by_program(), unseen()
    failed, named = [], 0
    wanted = [bug for bug in listed if bug[0] == "bug" and (not chosen or bug[2] in chosen)]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, found, seen in pool.map(lambda bug: judge_bug(build, bug, plays.get(bug[2], []), own), wanted):
            print(f"{name}: {' '.join(sorted(found)) or '-'}{'' if found else '  ' + ' '.join(sorted(seen))}", flush=True)
            named += bool(found)
            if bool(found) == (name in known):
                failed.append(f"{name} is {'named, and stands in unseen.txt' if found else 'not named'}")
        print(f"{named} of {len(wanted)} bugs are named")
        peers = [(bug[2], bug[1], [build / "tests" / "undr-broken", "--bug", bug[2]])
                 for bug in listed if bug[0] == "variant" and (not chosen or bug[2] in chosen)]
        if not chosen or "reference" in chosen:
            peers += [("reference", "manager", [build / "undr-manager"]), ("reference", "worker", [build / "undr-worker"]),
                      ("reference", "pool", [build / "undr-manager"])]
        def judge_right(peer):
            return right(build, *peer, own, random.Random(f"{given.seed} {peer[0]} {peer[1]}"), one_in)
        for wrong in pool.map(judge_right, peers):
            failed += wrong
    print(f"{len(peers)} peers that are right were watched")
    for line in failed:
        print(f"FAILED: {line}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
