"""The recipes of conformance/recipes, as they stand there, against a server on loopback: recipes.py SOURCE RELEASE BROKEN"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import served

try:
    import yaml
except ImportError:
    print("SKIPPED: no PyYAML (Debian: python3-yaml)")
    sys.exit(77)


def run(script, work, settings):
    return subprocess.run(["sh", "-eu", "-c", script], env={"PATH": os.environ["PATH"], **settings}, cwd=work, check=False,
                          capture_output=True, text=True)


def gitlab(source, url):
    """The script of the job, and its variables, but those that a user sets."""
    job = yaml.safe_load((source / "conformance" / "recipes" / "gitlab.yml").read_text())["undr-check"]
    variables = dict(job["variables"], UNDR_RELEASES=url, UNDR_VERSION=served.VERSION)
    return "\n".join(job["script"]), variables


def plain(source, url):
    text = (source / "conformance" / "recipes" / "README.md").read_text()
    script = re.search(r"^## Any machine\n.*?^```sh\n(.*?)^```$", text, re.M | re.S).group(1)
    replaced, count = re.subn(r"^RELEASES=\S+ version=\S+", f"RELEASES={url} version={served.VERSION}", script, flags=re.M)
    assert count == 1, "the recipe does not begin with RELEASES=... version=..."
    return replaced


def stale(source):
    """The texts that name a version other than the one of CMakeLists.txt."""
    version = re.search(r"^project\(undr-task VERSION ([0-9.]+) ", (source / "CMakeLists.txt").read_text(), re.M).group(1)
    recipes = source / "conformance" / "recipes"
    for path in (source / "README.md", source / "Dockerfile", source / "fuzz" / "README.md", recipes / "README.md",
                 recipes / "gitlab.yml", recipes / "clusterfuzzlite" / "build.sh"):
        found = re.findall(r"(?:version=|VERSION=|VERSION: \"|NAME@v|download/v|undr-task-)(\d+\.\d+\.\d+)", path.read_text())
        if set(found) != {version}:
            yield "%s names the versions %s; this is %s" % (path.relative_to(source), sorted(set(found)), version)


def require(done, passed, text):
    if (done.returncode == 0) != passed:
        sys.exit("%s: status %d\n%s\n%s" % (text, done.returncode, done.stdout, done.stderr))


def try_gitlab(source, url, folder, broken, name):
    work = folder / name
    work.mkdir()
    script, variables = gitlab(source, url)
    variables["UNDR_ROLE"] = "worker --delivery whole --only worker.life.*"
    done = run(script, work, dict(variables, UNDR_COMMAND=str(broken)))
    return work, run(script, work, dict(variables, UNDR_COMMAND=f"{broken} --bug done-has-payload")), done


def try_plain(source, url, folder, broken, name, bug=""):
    work = folder / name
    work.mkdir()
    adapter = work / "my-manager"
    adapter.write_text(f"#!/bin/sh\nexec {broken} {bug} \"$@\"\n")
    adapter.chmod(0o755)
    script = plain(source, url).replace("undr-check manager --", "undr-check manager --delivery whole --only 'manager.life.*' --")
    return run(script, work, {})


def main():
    source, release, broken = (pathlib.Path(word) for word in sys.argv[1:4])
    served.needs_release(release)
    wrong = list(stale(source))
    if wrong:
        sys.exit("\n".join(wrong))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        releases = served.copy_of(release, folder)
        with served.served(releases) as url:
            work, wrong, right = try_gitlab(source, url, folder, broken, "gitlab")
            require(right, True, "GitLab: a right worker")
            require(wrong, False, "GitLab: a wrong worker")
            for name in ("undr-check.html", "undr-check.xml"):
                assert (work / name).stat().st_size > 100, name
            require(try_plain(source, url, folder, broken, "plain"), True, "plain: a right manager")
            require(try_plain(source, url, folder, broken, "wrong", "--bug big-endian-answers"), False, "plain: a wrong manager")
            served.tamper(releases)
            _, _, done = try_gitlab(source, url, folder, broken, "gitlab-tampered")
            require(done, False, "GitLab: a tampered archive")
            assert not list((folder / "gitlab-tampered").glob("undr-task-*/")), "a tampered archive was unpacked"
            require(try_plain(source, url, folder, broken, "tampered"), False, "plain: a tampered archive")
            assert not list((folder / "tampered").glob("undr-task-*/")), "a tampered archive was unpacked"
    print("the recipes work, fail when they must, and refuse a tampered archive")


if __name__ == "__main__":
    main()
