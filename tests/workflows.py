#!/usr/bin/env python3
"""Looks at the workflows that fuzz: each is YAML, and uses ClusterFuzzLite's actions with parameters that they have.

    workflows.py SOURCE     exit status 0, 1 with what is wrong, 77: there is no PyYAML
"""
import pathlib
import sys

try:
    import yaml
except ImportError:
    print("no PyYAML (Debian: python3-yaml)")
    sys.exit(77)

BUILD = "google/clusterfuzzlite/actions/build_fuzzers@v1"
RUN = "google/clusterfuzzlite/actions/run_fuzzers@v1"
STORAGE = {"storage-repo", "storage-repo-branch", "storage-repo-branch-coverage"}
PARAMETERS = {
    BUILD: {"language", "sanitizer", "github-token", "upload-build", "bad-build-check"} | STORAGE,
    RUN: {"github-token", "fuzz-seconds", "mode", "sanitizer", "output-sarif", "language", "dry-run",
          "report-unreproducible-crashes", "parallel-fuzzing"} | STORAGE,
}
MODES = {"fuzz-pull-request.yml": "code-change", "fuzz-batch.yml": "batch", "fuzz-prune.yml": "prune",
         "fuzz-coverage.yml": "coverage"}


def problems_of_job(job, mode):
    steps = job["steps"]
    if [step.get("uses") for step in steps] != [BUILD, RUN]:
        yield "a job builds and then runs, nothing else"
        return
    for step in steps:
        for name in set(step["with"]) - PARAMETERS[step["uses"]]:
            yield "%s has no parameter %s" % (step["uses"], name)
    build, run = steps[0]["with"], steps[1]["with"]
    if build.get("language") != "c":
        yield "the language is c"
    if run.get("mode") != mode:
        yield "the mode is %s" % mode
    if not isinstance(run.get("fuzz-seconds"), int):
        yield "fuzz-seconds is a number"
    if build.get("sanitizer", "address") != run.get("sanitizer", "address"):
        yield "what was built for one sanitizer is run for another"
    if mode == "coverage" and build.get("sanitizer") != "coverage":
        yield "coverage needs the sanitizer `coverage`"


def problems(source):
    for name, mode in MODES.items():
        path = source / ".github" / "workflows" / name
        workflow = yaml.safe_load(path.read_text())
        triggers = workflow.get("on", workflow.get(True))  # YAML 1.1 takes `on` for a truth value
        wanted = "pull_request" if mode == "code-change" else "schedule"
        if wanted not in triggers:
            yield "%s: is not started by %s" % (name, wanted)
        for job in workflow["jobs"].values():
            for problem in problems_of_job(job, mode):
                yield "%s: %s" % (name, problem)
    project = yaml.safe_load((source / ".clusterfuzzlite" / "project.yaml").read_text())
    if project.get("language") != "c":
        yield "project.yaml: the language is c"


def main(arguments):
    found = list(problems(pathlib.Path(arguments[0])))
    print("\n".join(found) if found else "%d workflows, nothing is wrong" % len(MODES))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
