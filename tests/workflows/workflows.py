#!/usr/bin/env python3
"""Looks at the workflows of .github/ and at what they call.

    workflows.py SOURCE [--build BUILD] [--actionlint FOLDER]

All of them: each is YAML; actions are pinned by a hash with the version behind it, the same everywhere; who need not
write may not; each job has a time limit, of ten minutes where a pull request waits for it; scripts that are run exist.
Those that fuzz: ClusterFuzzLite's actions, with parameters that they have, a time that divides into what the comment
says of each target, an upload of what is found; a build that is kept, a daily pruning, a planted bug.
The presets that they name exist. A release is made twice and compared, and has a provenance; action.yml and its script agree.
The parts of .ci/run are the parts of tests.yml; --build: every test of that build folder is in exactly one of them.
--actionlint: runs actionlint, too, which Go installs into FOLDER.

Exit status 0, 1 with what is wrong, 77: there is no PyYAML, or for --actionlint no Go or no module proxy.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("SKIPPED: no PyYAML (Debian: python3-yaml)")
    sys.exit(77)

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
BUILD = "google/clusterfuzzlite/actions/build_fuzzers"
RUN = "google/clusterfuzzlite/actions/run_fuzzers"
CHECKOUT = "actions/checkout"
UPLOAD = "github/codeql-action/upload-sarif"
ATTEST = "actions/attest-build-provenance"
KEEP = "actions/upload-artifact"
STORAGE = {"storage-repo", "storage-repo-branch", "storage-repo-branch-coverage"}
PARAMETERS = {
    BUILD: {"language", "sanitizer", "github-token", "upload-build", "bad-build-check", "dry-run",
            "allowed-broken-targets-percentage", "keep-unaffected-fuzz-targets"} | STORAGE,
    RUN: {"github-token", "fuzz-seconds", "mode", "sanitizer", "output-sarif", "language", "dry-run",
          "report-unreproducible-crashes", "minimize-crashes", "parallel-fuzzing"} | STORAGE,
    CHECKOUT: {"persist-credentials", "fetch-depth", "ref"},
    UPLOAD: {"sarif_file", "checkout_path", "category"},
    ATTEST: {"subject-path", "subject-digest", "subject-name", "subject-checksums"},
    KEEP: {"name", "path", "if-no-files-found", "retention-days"},
}
MODES = {"fuzz-pull-request.yml": "code-change", "fuzz-batch.yml": "batch", "fuzz-prune.yml": "prune",
         "fuzz-coverage.yml": "coverage", "fuzz-build.yml": None}
PRESET = re.compile(r"(cmake --build|cmake|ctest) --preset (\$\{\{ matrix\.\w+ \}\}|\S+)")
SANITIZERS = {"address", "undefined", "memory"}
PULL_REQUEST_MINUTES = 10


def action(step):
    return step.get("uses", "").split("@")[0]


def triggers(workflow):
    return workflow.get("on", workflow.get(True))  # YAML 1.1 takes `on` for a truth value


def sanitizers(job):
    return set(job.get("strategy", {}).get("matrix", {}).get("sanitizer", []))


def pins(text):
    """(action, reference, version) of each line that uses one."""
    for match in re.finditer(r"uses:\s*([^\s@]+)@(\S+)(?:\s+#\s*(\S+))?", text):
        yield match.groups()


def problems_of_pins(texts):
    known = {}
    for name, text in texts.items():
        for used, reference, version in pins(text):
            if not re.fullmatch(r"[0-9a-f]{40}", reference):
                yield "%s: %s@%s is not pinned by the hash of a commit" % (name, used, reference)
            elif not re.fullmatch(r"v\d+(\.\d+)*", version or ""):
                yield "%s: no version stands behind the hash of %s" % (name, used)
            pin = known.setdefault("/".join(used.split("/")[:2]), (reference, version))
            if pin != (reference, version):
                yield "%s: %s is pinned to %s here and to %s elsewhere" % (name, used, reference, pin[0])


def problems_of_step(source, step):
    parameters = PARAMETERS.get(action(step))
    if "uses" in step and parameters is None:
        yield "%s is an action that this script does not know" % step["uses"]
    for name in set(step.get("with", {})) - (parameters or set(step.get("with", {}))):
        yield "%s has no parameter %s" % (step["uses"], name)
    if action(step) == CHECKOUT and step.get("with", {}).get("persist-credentials") is not False:
        yield "the checkout keeps the token: persist-credentials: false"
    for program in re.findall(r"(?<![\w/.-])((?:\.ci|\.clusterfuzzlite|scripts|tests)/[\w.-]+)", step.get("run", "")):
        if not os.access(source / program, os.X_OK):
            yield "%s is run, and there is no such program" % program


def problems_of_job(source, workflow, job):
    minutes = job.get("timeout-minutes")
    if not isinstance(minutes, int):
        yield "has no timeout-minutes"
    elif "pull_request" in triggers(workflow) and minutes > PULL_REQUEST_MINUTES:
        yield "a pull request waits for it, for up to %d minutes" % minutes
    for step in job["steps"]:
        for problem in problems_of_step(source, step):
            yield problem


def problems_of_seconds(text, targets):
    for line in re.findall(r"fuzz-seconds:.*", text):
        match = re.fullmatch(r"fuzz-seconds: (\d+) # of all (\d+) targets: (\d+) each", line)
        if match is None:
            yield "it is not said how long each target is fuzzed: `# of all N targets: N each` behind fuzz-seconds"
        elif int(match.group(2)) != targets or int(match.group(1)) != targets * int(match.group(3)):
            yield "`%s`, and there are %d targets" % (line, targets)


def problems_of_fuzzing(job, mode):
    steps = job["steps"]
    uses = [action(step) for step in steps]
    wanted = [CHECKOUT, BUILD] + ([RUN] if mode else [])
    wanted += [UPLOAD] if mode in ("code-change", "batch", "prune") else []
    if uses != wanted:
        yield "the steps are %s" % ", ".join(wanted)
        return
    build = steps[1]["with"]
    if build.get("language") != "c":
        yield "the language is c"
    if mode in ("code-change", "batch", None) and sanitizers(job) != SANITIZERS:
        yield "the sanitizers are %s" % ", ".join(sorted(SANITIZERS))
    if mode is None and build.get("upload-build") is not True:
        yield "the build is not kept: upload-build"
    if mode is None:
        return
    run = steps[2]["with"]
    if run.get("mode") != mode:
        yield "the mode is %s" % mode
    if build.get("sanitizer", "address") != run.get("sanitizer", "address"):
        yield "what was built for one sanitizer is run for another"
    if mode == "coverage" and build.get("sanitizer") != "coverage":
        yield "coverage needs the sanitizer `coverage`"
    if UPLOAD in uses:
        for problem in problems_of_upload(job, run, steps[3]):
            yield problem


def problems_of_upload(job, run, upload):
    """run_fuzzers writes cifuzz-sarif/results.sarif, below a copy of the sources, when it has found something."""
    if run.get("output-sarif") is not True:
        yield "no SARIF is written: output-sarif"
    if upload["with"].get("sarif_file") != "cifuzz-sarif/results.sarif" or \
            upload["with"].get("checkout_path") != "cifuzz-sarif":
        yield "the SARIF is cifuzz-sarif/results.sarif, its sources cifuzz-sarif"
    if "hashFiles('cifuzz-sarif/results.sarif')" not in upload.get("if", "") or "cancelled()" not in upload["if"]:
        yield "the SARIF is there when something was found, and the step before failed: if"
    if job.get("permissions", {}).get("security-events") != "write":
        yield "the upload of SARIF needs the permission security-events: write"


def problems_of_clusterfuzzlite(source, workflows):
    folder = source / ".clusterfuzzlite"
    project = yaml.safe_load((folder / "project.yaml").read_text())
    if project.get("language") != "c":
        yield "project.yaml: the language is c"
    if set(project.get("sanitizers", [])) != SANITIZERS:
        yield "project.yaml: the sanitizers are %s" % ", ".join(sorted(SANITIZERS))
    base = re.search(r"^FROM \S+/base-builder:(\S+)$", (folder / "Dockerfile").read_text(), re.M)
    if base is None or base.group(1) != project.get("base_os_version"):
        yield "Dockerfile and project.yaml (base_os_version) name different systems"
    jobs = workflows["fuzz-planted.yml"]["jobs"].values()
    planted = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    if planted != [".clusterfuzzlite/planted ${{ matrix.sanitizer }}"]:
        yield "fuzz-planted.yml: does not run .clusterfuzzlite/planted"


def problems_of_files(job):
    """The files that the recipes and action.yml download are below one folder, with their sums, when it is attested."""
    commands = [step["run"] for step in job["steps"] if "run" in step]
    made = "build-release/made"
    for wanted in ["scripts/release \"$GITHUB_REF_NAME\" --output %s " % made, "scripts/debian-packages build-release/packages",
                   "scripts/wheel build-release/wheel", "cp build-release/packages/*.deb build-release/wheel/*.whl %s/" % made,
                   "cd %s && sha256sum -- *.deb *.whl >>SHA256SUMS" % made]:
        if not any(command.startswith(wanted) for command in commands):
            yield "no step begins with `%s`" % wanted
    attested = [step["with"]["subject-path"] for step in job["steps"] if action(step) == ATTEST]
    if attested != [made + "/*"] or not commands[-1].endswith(" %s/*" % made):
        yield "what is attested and published is %s/*" % made
    if "$GITHUB_REF_NAME" not in commands[-1] or "--verify-tag" not in commands[-1]:
        yield "action.yml downloads from the release that has the tag's name"


def problems_of_release(workflow):
    """Two builds that are compared, a provenance of what is then published."""
    job = workflow["jobs"]["release"]
    yield from problems_of_files(job)
    if job["container"]["image"] != "debian:bookworm":
        yield "packages and a wheel that work on each Debian that is supported are built on the oldest"
    if triggers(workflow) != {"push": {"tags": ["v*"]}}:
        yield "a tag v*, and nothing else, starts it"
    if job.get("permissions") != {"attestations": "write", "contents": "write", "id-token": "write"}:
        yield "the permissions are those of a release with a provenance"
    steps = [action(step) or step["run"].split()[0] for step in job["steps"]]
    wanted = ["scripts/release", "scripts/release", "diff", ATTEST, "gh"]
    if [step for step in steps if step in wanted] != wanted:
        yield "it makes the release twice, compares, attests and publishes, in this order"


def problems_of_action(source, text):
    """action.yml: its steps, and that each setting of its script is given one of its inputs."""
    described = yaml.safe_load(text)
    steps = described["runs"]["steps"]
    for step in steps:
        yield from problems_of_step(source, dict(step, run=step.get("run", "").replace("$UNDR_ACTION/", "")))
    given = {name for step in steps for name in step.get("env", {})} - {"UNDR_ACTION"}
    script = (source / "scripts" / "action").read_text()
    known = set(re.findall(r"^#   (UNDR_[A-Z0-9]+) ", script, re.M))
    if given != known:
        yield "scripts/action and action.yml differ in %s" % ", ".join(sorted(given ^ known))
    for name in set(re.findall(r"inputs\.(\w+)", text)) ^ set(described["inputs"]):
        yield "the input %s is not described, or not used" % name
    for name in set(re.findall(r"\$\{\{[^}]*\}\}", "".join(step.get("run", "") for step in steps))):
        yield "%s stands in a command, where a shell reads what it becomes: use env" % name


def problems_of_triggers(workflows):
    wanted = {"fuzz-pull-request.yml": "pull_request", "fuzz-build.yml": "push", "tests.yml": "pull_request"}
    for name in list(MODES) + ["tests.yml"]:
        started = triggers(workflows[name])
        if wanted.get(name, "schedule") not in started:
            yield "%s: is not started by %s" % (name, wanted.get(name, "schedule"))
    cron = triggers(workflows["fuzz-prune.yml"])["schedule"][0]["cron"]
    if not cron.endswith("* * *"):
        yield "fuzz-prune.yml: does not prune daily"


def ci(source, *arguments):
    done = subprocess.run([str(source / ".ci" / "run"), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def tests_of(build, arguments):
    """Without those that ctest adds since others need what they make. ctest is asked in a folder of its own: also when it
    only shows tests it removes the log of one that runs in the same folder, and with it the reasons of skipped tests."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "CTestTestfile.cmake").write_text(f"subdirs([[{build.resolve()}]])\n")
        done = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1", "--fixture-exclude-setup", ".*",
                               *arguments], check=True, capture_output=True, text=True)
    shown, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))  # CMake 4 prints more behind it
    return {test["name"] for test in shown["tests"]}


def problems_of_parts(source, workflows, build):
    parts = ci(source, "--parts")
    named = workflows["tests.yml"]["jobs"]["test"]["strategy"]["matrix"]["part"]
    if parts != named:
        yield "tests.yml: the parts are not those of .ci/run: %s" % " ".join(parts)
    for job in workflows["tests.yml"]["jobs"].values():
        for part in set(job.get("strategy", {}).get("matrix", {}).get("part", [])) - set(parts):
            yield "tests.yml: .ci/run has no part %s" % part
    if build is None:
        return
    chosen = [tests_of(build, ci(source, "--arguments", part)) for part in parts]
    for part, tests in zip(parts, chosen):
        if not tests:
            yield ".ci/run: the part %s has no test" % part
    for test in sorted(tests_of(build, [])):
        of = [part for part, tests in zip(parts, chosen) if test in tests]
        if len(of) != 1:
            yield ".ci/run: %s is in %s" % (test, "the parts %s" % ", ".join(of) if of else "no part")


def problems_of_warnings(source):
    """A warning stops CI and who works here (the presets, scripts/check), but nobody who only builds with a newer compiler."""
    if "export UNDR_WERROR=ON" not in (source / ".ci" / "run").read_text():
        yield ".ci/run: a warning is no error there: export UNDR_WERROR=ON"
    for path in [*(source / "scripts").iterdir(), source / "CMakeLists.txt", source / "tests" / "portable" / "run"]:
        if not path.is_file() or path.name == "check":
            continue
        if re.search(r"UNDR_WERROR=ON(?! in the environment)|^[^#]*-Werror(?!>)", path.read_text(), re.M):
            yield "%s: makes a warning an error for everybody" % path.relative_to(source)


def presets_of(job):
    """(kind, preset) of each cmake and ctest command, with what the matrix stands for."""
    matrix = job.get("strategy", {}).get("matrix", {})
    kinds = {"cmake": "configurePresets", "cmake --build": "buildPresets", "ctest": "testPresets"}
    for step in job["steps"]:
        for command, name in PRESET.findall(step.get("run", "")):
            key = re.fullmatch(r"\$\{\{ matrix\.(\w+) \}\}", name)
            for preset in matrix.get(key.group(1), []) if key else [name]:
                yield kinds[command], preset


def problems_of_presets(source, workflows):
    there = json.loads((source / "CMakePresets.json").read_text())
    for name, workflow in workflows.items():
        for job in workflow["jobs"].values():
            for kind, preset in presets_of(job):
                if preset not in [entry["name"] for entry in there[kind]]:
                    yield "%s: CMakePresets.json has no %s among its %s" % (name, preset, kind)


def problems(source, build=None):
    folder = source / ".github" / "workflows"
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.y*ml"))}
    workflows = {name: yaml.safe_load(text) for name, text in texts.items()}
    texts["action.yml"] = (source / "action.yml").read_text()
    missing = (set(MODES) | {"tests.yml", "fuzz-planted.yml", "release.yml"}) - set(workflows)
    if missing:
        yield "there is no %s" % ", ".join(sorted(missing))
        return
    yield from problems_of_pins(texts)
    script = (source / ".clusterfuzzlite" / "build.sh").read_text()
    targets = re.search(r'^targets="(.*)"$', script, re.M).group(1).split()
    for name, workflow in workflows.items():
        if workflow.get("permissions") != {"contents": "read"}:
            yield "%s: may do more than read: permissions: contents: read" % name
        for job in workflow["jobs"].values():
            found = list(problems_of_job(source, workflow, job))
            found += problems_of_fuzzing(job, MODES[name]) if name in MODES else []
            yield from ("%s: %s" % (name, problem) for problem in found)
        yield from ("%s: %s" % (name, problem) for problem in problems_of_seconds(texts[name], len(targets)))
    yield from ("release.yml: " + problem for problem in problems_of_release(workflows["release.yml"]))
    yield from ("action.yml: " + problem for problem in problems_of_action(source, texts["action.yml"]))
    yield from problems_of_triggers(workflows)
    yield from problems_of_presets(source, workflows)
    yield from problems_of_warnings(source)
    yield from problems_of_clusterfuzzlite(source, workflows)
    yield from problems_of_parts(source, workflows, build)


def actionlint(source, folder):
    """Its exit status; it is installed when it is not there."""
    program = folder / "actionlint"
    if not program.exists():
        if shutil.which("go") is None:
            print("SKIPPED: no Go to install actionlint with (Debian: golang-go)")
            return 77
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["go", "install", ACTIONLINT], env=dict(os.environ, GOBIN=str(folder.resolve())),
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print("SKIPPED: actionlint can't be installed: %s" % done.stderr.strip())
            return 77
    files = [str(path) for path in sorted((source / ".github" / "workflows").glob("*.y*ml"))]
    return subprocess.run([str(program), *files], check=False).returncode


def main():
    usage = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usage.add_argument("source", type=pathlib.Path)
    usage.add_argument("--build", type=pathlib.Path)
    usage.add_argument("--actionlint", type=pathlib.Path)
    arguments = usage.parse_args()
    found = list(problems(arguments.source, arguments.build))
    print("\n".join(found) if found else "nothing is wrong with the workflows")
    if found:
        return 1
    return actionlint(arguments.source, arguments.actionlint) if arguments.actionlint else 0


if __name__ == "__main__":
    sys.exit(main())
