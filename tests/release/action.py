"""scripts/action, the script of action.yml, without GitHub: action.py SOURCE RELEASE BROKEN

A release that release.made has made is served on loopback. BROKEN: tests/broken, a manager with a bug of choice.
"""

import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import served

REPORTS = ("report.html", "report.json", "report.junit.xml", "report.md", "report.tap")
QUICK = "--delivery whole --again 0 --only 'manager.schedule.*' --only 'manager.life.*'"


class Step:
    """One run of the script, with the files that a workflow's runner gives it."""

    def __init__(self, source, work, url, github=True, **settings):
        self.summary = work / "summary"
        self.outputs = work / "outputs"
        self.reports = work / "the reports"
        for path in (self.summary, self.outputs):
            path.write_text("")
        environment = {"PATH": os.environ["PATH"], "UNDR_RELEASES": url, "UNDR_VERSION": served.VERSION, "UNDR_ROLE": "manager",
                       "UNDR_REPORTS": str(self.reports), "UNDR_ARGS": QUICK, "TMPDIR": str(work), **settings}
        if github:
            environment.update(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(self.summary),
                               GITHUB_OUTPUT=str(self.outputs), RUNNER_TEMP=str(work))
        done = subprocess.run([str(source / "scripts" / "action")], env=environment, cwd=work, check=False,
                              capture_output=True, text=True)
        self.status, self.said, self.errors = done.returncode, done.stdout, done.stderr

    def annotations(self):
        """What the runner would take for commands: not what stands between stop-commands and its end."""
        stopped = re.search(r"^::stop-commands::(\S+)$", self.said, re.M)
        said = self.said
        if stopped:
            said = re.sub(r"^::stop-commands::(\S+)$.*^::\1::$", "", said, flags=re.M | re.S)
        return re.findall(r"^::error title=(.*?)::(.*)$", said, re.M)

    def require(self, condition, text):
        if not condition:
            sys.exit("%s\nstatus %d\n%s\n%s\nsummary: %s" % (text, self.status, self.said, self.errors,
                                                            self.summary.read_text()))


def good(source, work, url, manager):
    step = Step(source, work, url, UNDR_COMMAND=manager)
    step.require(step.status == 0, "a right manager is not accepted")
    step.require(step.annotations() == [], "a right manager is annotated")
    step.require("### undr-check: conforms" in step.summary.read_text(), "the summary has no verdict")
    step.require(step.outputs.read_text() == f"reports={step.reports}\nstatus=0\n", "the outputs are not the two")
    for name in REPORTS:
        step.require((step.reports / name).stat().st_size > 100, name + " is empty")
    step.require(sorted(path.name for path in work.iterdir()) == ["outputs", "releases", "summary", "the reports"],
                 "something is left behind: %s" % list(work.iterdir()))


def regression(source, work, url, broken):
    step = Step(source, work, url, UNDR_COMMAND=f"{broken} --bug inverted-priority")
    step.require(step.status == 1, "the regression is not red")
    step.require(step.outputs.read_text() == f"reports={step.reports}\nstatus=1\n", "the outputs are not the two")
    for name in REPORTS:
        step.require((step.reports / name).stat().st_size > 100, name + " is empty")
    found = step.annotations()
    step.require(0 < len(found) <= 10 and found[0][0].startswith("SCHED-2 manager.schedule."), "the annotations are %s" % found)
    step.require("received" in found[0][1] and "more alike" in found[0][1], "an annotation does not explain")
    step.require(re.search(r"^\| SCHED-2 \| \d+ \| manager\.schedule\.", step.summary.read_text(), re.M), "the summary does not name the case")
    step.require(step.summary.read_text() == (step.reports / "report.md").read_text(), "the summary is not the report")
    known = work / "known"
    known.write_text("".join("fail %s known\n" % name for name in re.findall(
        r"^not ok \d+ - (\S+)", (step.reports / "report.tap").read_text(), re.M)))
    step = Step(source, work, url, UNDR_COMMAND=f"{broken} --bug inverted-priority", UNDR_EXPECT="known")
    step.require(step.status == 0 and step.annotations() == [], "known failures are not accepted")
    known.unlink()


def strict(source, work, url, broken):
    """A SHOULD that does not hold."""
    for value, wanted in (("false", 0), ("true", 1)):
        step = Step(source, work, url, UNDR_STRICT=value, UNDR_ARGS="--delivery whole --again 0 --only manager.schedule.none-is-no-task",
                    UNDR_COMMAND=f"{broken} --bug schedules-anything")
        step.require(step.status == wanted, "strict=%s ends with %d" % (value, step.status))


def hostile(source, work, url):
    """What the target says is no command to the runner, and no markup of the summary."""
    path = work / "hostile"
    path.write_text("#!/bin/sh\necho '::error title=forged::by the target' >&2\n"
                    "echo '::set-env name=PATH::/evil'\nexit 3\n")
    path.chmod(0o755)
    step = Step(source, work, url, UNDR_COMMAND="./hostile")
    step.require(step.status not in (0, 2), "it is accepted")
    step.require([title for title, _ in step.annotations()] == ["undr-check manager"], "annotations: %s" % step.annotations())
    step.require(re.search(r"^::stop-commands::(\S+)$.*could not be judged.*^::\1::$", step.said, re.M | re.S),
                 "the runner would take what the target says for commands")
    second = Step(source, work, url, UNDR_COMMAND="./hostile")
    token = re.compile(r"^::stop-commands::(\S{20,})$", re.M)
    step.require(token.findall(step.said) != token.findall(second.said), "the word that ends it can be guessed")
    path.unlink()


def refused(source, work, url, folder, manager):
    archive = folder / ("v" + served.VERSION) / served.ARCHIVE
    whole = archive.read_bytes()
    cases = [
        (2, "role is 'boss'", {"UNDR_ROLE": "boss"}),
        (2, "a shell can't read args and command", {"UNDR_COMMAND": "sh -c 'not closed"}),
        (2, "command is missing", {"UNDR_COMMAND": ""}),
        (2, "there is no file 'none.txt'", {"UNDR_EXPECT": "none.txt"}),
        (2, "strict is 'yes'", {"UNDR_STRICT": "yes"}),
        (2, "version is '../x'", {"UNDR_VERSION": "../x"}),
        (2, "not encrypted", {"UNDR_RELEASES": "http://192.0.2.1/releases"}),
        (3, "can't be fetched", {"UNDR_VERSION": "0.0.0"}),
        (3, "is not what was released", {"UNDR_SHA256": "0" * 64}),
        (3, "can't be fetched", {"UNDR_RELEASES": "http://127.0.0.1:1/nobody-listens"}),
        (3, "can't be fetched", {"UNDR_RELEASES": "https://releases.invalid"}),
    ]
    for status, text, settings in cases:
        step = Step(source, work, url, **{"UNDR_COMMAND": manager, **settings})
        step.require(step.status == status and text in step.errors, "status %d and %r were expected" % (status, text))
        step.require(len(step.annotations()) == 1, "a refusal is annotated once")
        step.require(step.outputs.read_text() == f"status={status}\n", "the output has no status, or a folder of reports")
    served.tamper(folder)
    mark = work / "was-run"
    step = Step(source, work, url, UNDR_COMMAND=f"sh -c 'touch {mark}'")
    step.require(step.status == 3 and "is not what was released" in step.errors, "the tampered archive is accepted")
    step.require(not mark.exists(), "something was run of a tampered archive")
    archive.write_bytes(whole)
    sums = archive.with_name("SHA256SUMS")
    told = sums.read_text()
    for wrong in (told.replace(served.ARCHIVE, "other.tar.gz"), told + told):  # no line for it, or two
        sums.write_text(wrong)
        step = Step(source, work, url, UNDR_COMMAND=f"sh -c 'touch {mark}'")
        step.require(step.status == 3 and "does not name" in step.errors, "an archive without a sum is accepted")
    sums.unlink()
    step = Step(source, work, url, UNDR_COMMAND=f"sh -c 'touch {mark}'")
    step.require(step.status == 3 and "SHA256SUMS can't be fetched" in step.errors, "a release without sums is accepted")
    step.require(not mark.exists(), "something was run of an archive without a sum")
    sums.write_text(told)
    step = Step(source, work, url, UNDR_COMMAND=manager, UNDR_SHA256=hashlib.sha256(whole).hexdigest())
    step.require(step.status == 0, "the right checksum is not accepted")
    step = Step(source, work, url, github=False, UNDR_COMMAND=manager)
    step.require(step.status == 0 and "::" not in step.said.replace("ff::", ""), "outside of GitHub it talks to it")


def main():
    source, release, broken = (pathlib.Path(word) for word in sys.argv[1:4])
    served.needs_release(release)
    manager = str(broken)  # without a bug it is right
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        folder = served.copy_of(release, work)
        with served.served(folder) as url:
            good(source, work, url, manager)
            regression(source, work, url, broken)
            strict(source, work, url, broken)
            hostile(source, work, url)
            refused(source, work, url, folder, manager)
    print("the step accepts, refuses, annotates and summarizes")


if __name__ == "__main__":
    main()
