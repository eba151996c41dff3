"""The steps of Dockerfile without docker, for both architectures as far as they were made, and a run in the root that comes
of them, which has nothing else: image.py SOURCE RELEASE

Instructions that are not known here fail the test. To run in a root of one's own needs to be root.
"""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import served

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


class Stage:
    def __init__(self, root):
        self.root, self.entry, self.command = root, None, None
        root.mkdir()


class Build:
    """One `docker build` with TARGETARCH and VERSION."""

    def __init__(self, text, context, work, arguments):
        self.context, self.work, self.arguments = context, work, arguments
        self.values, self.stages, self.stage, self.last = {}, {}, None, None
        joined = re.sub(r"\\\n", " ", text)
        for line in joined.splitlines():
            if line.strip() and not line.startswith("#"):
                word, rest = line.split(None, 1)
                getattr(self, word.lower())(self.filled(rest).strip())

    def filled(self, text):
        return re.sub(r"\$\{(\w+)\}", lambda found: self.values[found.group(1)], text)

    def arg(self, rest):
        name, _, default = rest.partition("=")
        self.values[name] = self.arguments.get(name, default)

    def from_(self, rest):
        base, _, name = rest.partition(" AS ")
        if base in self.stages:
            self.stages[name] = self.stage = self.stages[base]
            return
        assert base == "scratch", "FROM %s: only scratch and earlier stages need no network" % base
        self.last = self.stage = Stage(self.work / ("stage-%d" % len(list(self.work.iterdir()))))
        self.stages[name] = self.stage

    def add(self, rest):
        """An archive is unpacked. Of a stage that is not used it may be missing, as docker builds those only that are."""
        what, to = rest.split()
        path = self.context / what
        if path.exists():
            folder = self.stage.root / to.lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["tar", "-x", "-z", "--no-same-owner", "-f", str(path), "-C", str(folder)], check=True)

    def copy(self, rest):
        stage, what, to = re.fullmatch(r"--from=(\w+) (\S+) (\S+)", rest).groups()
        found = sorted(glob.glob(str(self.stages[stage].root) + what))
        assert found, "COPY: there is no %s" % what
        for folder in found:
            shutil.copytree(folder, self.stage.root / to.lstrip("/"), dirs_exist_ok=True, symlinks=True)

    def workdir(self, rest):
        (self.stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def entrypoint(self, rest):
        self.stage.entry = re.findall(r'"([^"]*)"', rest)

    def cmd(self, rest):
        self.stage.command = re.findall(r'"([^"]*)"', rest)


setattr(Build, "from", Build.from_)


# As docker does: /proc is mounted, of processes of its own, and /dev has what every program may expect.
APART = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-c"]
RUN = 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" "$@"'


def can_run():
    done = subprocess.run(APART + ["mount -t proc proc /proc"], check=False, capture_output=True, text=True)
    return os.geteuid() == 0 and done.returncode == 0


def run(root, command):
    done = subprocess.run([*APART, RUN, str(root), *command], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("in the image %s ends with %d\n%s\n%s" % (command, done.returncode, done.stdout, done.stderr))
    return done.stdout


def try_image(text, context, work, version, architecture):
    build = Build(text, context, work, {"TARGETARCH": architecture, "VERSION": version})
    image = build.last
    header = (image.root / "usr/bin/undr-check").read_bytes()[:20]
    machine = {62: "x86_64", 183: "aarch64"}[int.from_bytes(header[18:20], "little")]
    assert machine == MACHINES[architecture], "the image for %s has a program for %s" % (architecture, machine)
    if architecture != "amd64" or os.uname().machine != "x86_64":
        return
    if not can_run():
        print("SKIPPED: the run in the image needs root, to mount and to change the root")
        return
    for folder in ("proc", "dev"):
        (image.root / folder).mkdir()
    help_text = run(image.root, image.entry + image.command)
    assert help_text.startswith("undr-check checks"), "the image says at first: %s" % help_text
    verdict = run(image.root, image.entry + ["manager", "--delivery", "whole", "--only", "manager.life.*", "--",
                                             "/usr/bin/undr-manager"])
    assert "held" in verdict, verdict


def main():
    source, release = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    served.needs_release(release)
    text = (source / "Dockerfile").read_text()
    archives = list((release / "made").glob("undr-task-*.tar.gz"))
    version = re.fullmatch(r"undr-task-(.+)-\w+\.tar\.gz", archives[0].name).group(1)
    with tempfile.TemporaryDirectory() as temporary:
        context = pathlib.Path(temporary) / "context"
        shutil.copytree(release / "made", context / "build-release" / version)
        for architecture, machine in MACHINES.items():
            if any(path.name.endswith(machine + ".tar.gz") for path in archives):
                work = pathlib.Path(temporary) / architecture
                work.mkdir()
                try_image(text, context, work, version, architecture)
    ignored = (source / "Dockerfile.dockerignore").read_text()
    assert "\n*\n!build-release/*/undr-task-*.tar.gz\n" in ignored, "Dockerfile.dockerignore keeps the archives back"
    print("the image runs")


if __name__ == "__main__":
    main()
