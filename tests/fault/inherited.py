"""inherited.py BUILD: undr-check, started by somebody who ignores or blocks signals, sets limits, removes its directory,
hides /proc or the network: either it judges the reference, which is right, as it should, or it ends with status 3 and
says what is missing. In all roles; nobody is blamed, nothing hangs, no process is left behind or is ended that is not its
own."""

import concurrent.futures
import contextlib
import ctypes
import errno
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time

import harness

BUILD = pathlib.Path(sys.argv[1]).resolve()
CHECK = str(BUILD / "undr-check")
ROLES = {"manager": "undr-manager", "worker": "undr-worker", "pool": "undr-manager"}
CASES = {"manager": ["life.*", "security.loopback-only"], "worker": ["life.*"],
    "pool": ["life.*", "workers.logs", "close-kill.worker-died"]}
SIGNALS = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
FEW_FILES = 20
PIDFD_OPEN, CLOSE_RANGE = 434, 436


def command(role):
    only = [word for case in CASES[role] for word in ("--only", f"{role}.{case}")]
    return [CHECK, role, "--strict", "--delivery", "whole", *only, "--", str(BUILD / ROLES[role])]


def run(words, prepare=None, **more):
    with tempfile.TemporaryFile() as said:
        # close_fds: what prepare opens is inherited, too
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=prepare, close_fds=False,
                              **more) as ran:
            try:
                ran.wait(3 * harness.LIMIT)
            except subprocess.TimeoutExpired:
                ran.terminate()
                ran.wait(harness.LIMIT)
                return "hangs", ""
        said.seek(0)
        return ran.returncode, said.read().decode(errors="replace")


def expect(what, status, says, words, prepare=None, **more):
    """Returns the complaint, or None."""
    got, said = run(words, prepare, **more)
    missing = [part for part in says if part not in said]
    return f"{what}: status {got}, {status} was expected; {missing} is not said\n{said}" \
        if got != status or missing else None


# What is set before undr-check is executed.


def ignoring(*numbers):
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]


def blocking(*numbers):
    return lambda: signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


def limiting(what, number):
    return lambda: resource.setrlimit(what, (number, number))


def many_descriptors():
    for _ in range(300):
        os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)


def refusing(error, *calls):
    """A filter for system calls, as a container has one; by numbers that all machines have in common."""
    libc, long = ctypes.CDLL(None, use_errno=True), ctypes.c_ulong
    load, jump, end = 0x20, 0x15, 0x06
    lines = [(load, 0, 0, 0), *((jump, len(calls) - i, 0, number) for i, number in enumerate(calls)),
        (end, 0, 0, 0x7fff0000), (end, 0, 0, 0x50000 | error)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(code)))

    def prepare(_=code):
        for words in ((38, 1, 0), (22, 2, program)):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
            if libc.prctl(words[0], *(long(word) if isinstance(word, int) else word for word in words[1:]), long(0), long(0)) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
    return prepare


def old_kernel():
    """Without the calls for which there is another way. None: it can't be had here."""
    prepare = refusing(errno.ENOSYS, PIDFD_OPEN, CLOSE_RANGE)
    try:
        subprocess.run(["true"], preexec_fn=prepare, check=True)
    except subprocess.SubprocessError:
        return None
    return prepare


OLD_KERNEL = old_kernel()


def everything():
    ignoring(*SIGNALS)()
    blocking(*SIGNALS)()
    os.umask(0o777)
    os.nice(5)
    many_descriptors()


def judged():
    """Where it has to come to the right verdict."""
    states = {"all signals ignored": ignoring(*SIGNALS), "all signals blocked": blocking(*SIGNALS),
        "umask 777": lambda: os.umask(0o777), "many descriptors": many_descriptors, "everything": everything,
        "256 files": limiting(resource.RLIMIT_NOFILE, 256), "idle": lambda: os.sched_setscheduler(
            0, os.SCHED_IDLE, os.sched_param(0))}
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP, signal.SIGTTOU):
        states[f"{number.name} ignored"] = ignoring(number)
        states[f"{number.name} blocked"] = blocking(number)
    if OLD_KERNEL is None:
        print("SKIPPED: an old kernel: no filter for system calls is allowed here")
    else:
        states.update({"an old kernel": OLD_KERNEL, "pidfd_open refused": refusing(errno.EPERM, PIDFD_OPEN)})
    for role in ROLES:
        for what, prepare in states.items():
            yield lambda role=role, what=what, prepare=prepare: expect(
                f"{role}, {what}", 0, ["Every requirement that was tried held"], command(role), prepare)


def what_a_target_gets():
    """No signal ignored or blocked, a usual umask, and three descriptors, whatever undr-check was started with: it need not
    be as careful."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "target")
        target.write_text("#!/bin/sh\n[ \"$(grep -Ec '^Sig(Ign|Blk):.0+$' /proc/$$/status)\" = 2 ] && [ \"$(umask)\" = 0022 ] &&\n"
                          f"    [ \"$(ls /proc/self/fd | wc -l)\" = 4 ] && exec '{BUILD}/undr-manager' \"$@\"\n"
                          "grep ^Sig /proc/$$/status >&2; umask >&2; ls -l /proc/self/fd >&2; exit 1\n")
        target.chmod(0o755)
        ways = [("", everything), *([("an old kernel", lambda: (everything(), OLD_KERNEL()))] if OLD_KERNEL else [])]
        complaints = [expect(f"what a target gets {what}", 0, ["Every requirement that was tried held"],
            [*command("manager")[:-1], str(target)], prepare) for what, prepare in ways]
        return "\n".join(filter(None, complaints)) or None


def lacking():
    """Where it can judge nobody: status 3, the reason, and what helps."""
    nothing = "/nonexistent-folder"
    for role in ROLES:
        yield lambda role=role: expect(f"{role}, few files", 3, ["Too many open files", "ulimit -n"], command(role),
            limiting(resource.RLIMIT_NOFILE, FEW_FILES))
        yield lambda role=role: in_removed_folder(role)
        yield lambda role=role: expect(f"{role}, little stack", 3, ["64 KiB", "ulimit -s"], command(role),
            limiting(resource.RLIMIT_STACK, 64 << 10))
        if role != "worker" and harness.sanitizer(BUILD, "undr-check") is None:  # undr-worker needs less than that
            yield lambda role=role: expect(f"{role}, little memory", 3, ["ulimit -v"], command(role),
                limiting(resource.RLIMIT_AS, 20000 << 10))
    yield lambda: expect("TMPDIR", 3, ["no log directory", "TMPDIR"], command("pool"),
        env={**os.environ, "TMPDIR": nothing})
    yield lambda: expect("small files", 3, ["File too large", "ulimit -f"], command("pool"),
        limiting(resource.RLIMIT_FSIZE, 4096))
    yield lambda: expect("explore, few files", 3, ["Too many open files"],
        [CHECK, "explore", "manager", "--sessions", "2", "--", str(BUILD / "undr-manager")],
        limiting(resource.RLIMIT_NOFILE, FEW_FILES))


def many_connections():
    """A target that has too few files for a case is not blamed, and nothing is said that is not so."""
    words = [CHECK, "manager", "--load", "--jobs", "1", "--delivery", "whole", "--only", "manager.life.*",
        "--only", "manager.*hundred*", "--", str(BUILD / "undr-manager")]
    got, said = run(words, limiting(resource.RLIMIT_NOFILE, 210))
    right = got == 3 and "ulimit -n" in said and "--jobs" not in said.replace("--jobs 1", "") and "could not be killed" not in said
    return None if right and "FAIL" not in said else f"many connections: status {got}\n{said}"


def a_wrong_target_is_blamed():
    """Few files are no excuse for what has nothing to do with files."""
    words = [CHECK, "manager", "--delivery", "whole", "--only", "manager.life.*", "--", str(BUILD / "tests" / "undr-broken"),
        "--bug", "length_one_short"]
    got, said = run(words, limiting(resource.RLIMIT_NOFILE, 256))
    return None if got == 1 else f"a wrong target: status {got}\n{said}"


def other_programs():
    """Those of the reference say what is wrong with the stack, too."""
    for words in (["undr-manager", "manager"], ["undr-worker", "worker", "--port", "1"]):
        got, said = run([str(BUILD / words[0]), *words[1:]], limiting(resource.RLIMIT_STACK, 64 << 10))
        if got != 1 or "ulimit -s" not in said:
            return f"{words}, little stack: status {got}\n{said}"
    return None


def in_removed_folder(role):
    folder = tempfile.mkdtemp()

    def prepare():
        os.chdir(folder)
        os.rmdir(folder)
    return expect(f"{role}, no directory", 3, ["the current directory, where a target would start, is gone"], command(role), prepare)


def unshared(*options):
    """Runs behind unshare(1); None: not here."""
    words = ["unshare", "--fork", *options]
    return words if run([*words, "true"])[0] == 0 else None


def namespaces():
    network, processes = unshared("--net"), unshared("--pid")
    bare, few = unshared("--mount"), os.geteuid() == 0
    print(*(f"SKIPPED: {what}: unshare(1) is not allowed here" for what, words in
        (("no network", network), ("another pid namespace", processes), ("no /proc", bare)) if words is None))
    for role in ROLES:
        if network is not None:
            yield lambda role=role: expect(f"{role}, no network", 3, ["127.0.0.1", "ip link set lo up"],
                [*network, *command(role)])
        if processes is not None:
            yield lambda role=role: expect(f"{role}, /proc of others", 3, ["pid namespace", "mount -t proc"],
                [*processes, *command(role)])
        if bare is not None:
            yield lambda role=role: expect(f"{role}, no /proc", 3, ["/proc is not there"],
                [*bare, "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", *command(role)])
    if bare is not None:
        yield lambda: expect("full disk", 3, ["No space left on device", "TMPDIR"],
            [*bare, "sh", "-c", 'mount -t tmpfs -o size=16k none /mnt && TMPDIR=/mnt exec "$@"', "sh", *command("pool")])
    if few:
        yield lambda: few_processes()
    apart = unshared("--mount", "--pid") if few else None
    if apart is not None:
        yield lambda: hidden_processes(apart)
    else:
        print("SKIPPED: hidden processes: needs root, and unshare(1)")


@contextlib.contextmanager
def copied():
    """The command for a manager, of programs that any user may execute."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in ("undr-check", "undr-manager"):
            pathlib.Path(folder, name).write_bytes((BUILD / name).read_bytes())
            os.chmod(f"{folder}/{name}", 0o755)
        yield [f"{folder}/undr-check", *command("manager")[1:-1], f"{folder}/undr-manager"]


def few_processes():
    """As another user, whose processes are counted."""
    def prepare():
        os.setgroups([])
        os.setgid(54321)
        os.setuid(54321)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    with copied() as words:
        return expect("few processes", 3, ["Resource temporarily unavailable", "ulimit -u"], words, prepare, cwd="/")


def hidden_processes(apart):
    """As another user who must not look at root's processes, of which there is one at least: the shell here."""
    script = 'mount -t proc -o hidepid=1 proc /proc && setpriv --reuid 54321 --regid 54321 --clear-groups "$@"; exit $?'
    with copied() as words:
        return expect("hidden processes", 0, ["passed"], [*apart, "sh", "-c", script, "sh", *words], cwd="/")


def processor_time():
    """A target that is ended at a limit of the shell's is not blamed."""
    spin = "import sys\nif sys.argv[1] == 'capabilities': print('manager'); sys.exit()\n" \
        "if sys.argv[1] != 'manager': sys.exit(89)\nwhile True: pass\n"
    words = [*command("manager")[:-1], sys.executable, "-c", spin]
    return expect("processor time", 3, ["ulimit -t", "nobody is blamed"], words,
        lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 60)))


def hangup_is_ignored():
    """nohup(1), and a shell's background jobs: what was ignored does not end the run."""
    for number in (signal.SIGHUP, signal.SIGINT):
        words = [*command("worker")[:-2], "--repeat", "20", *command("worker")[-2:]]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, preexec_fn=ignoring(number)) as ran:
            while ran.poll() is None:
                ran.send_signal(number)
                time.sleep(0.01)
        if ran.returncode != 0:
            return f"{number.name} was ignored, and ended the run with {ran.returncode}"
    return None


def a_signal_ends_it():
    """SIGTERM that was ignored or blocked, while it waits for its input."""
    for what, prepare in (("ignored", ignoring(signal.SIGTERM)), ("blocked", blocking(signal.SIGTERM))):
        with subprocess.Popen([CHECK, "decode"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=prepare) as ran:
            try:
                harness.until(lambda: ran.send_signal(signal.SIGTERM) or ran.poll() is not None, f"end by SIGTERM, {what} before")
            finally:
                ran.kill()
        if ran.returncode != -signal.SIGTERM:
            return f"SIGTERM was {what}: status {ran.returncode}"
    return None


def alarm_leaves_nothing():
    """An alarm that is pending is somebody's wish: it ends undr-check, and all below it ends, too."""
    mark = f"UNDR_MARK={os.getpid()}-alarm"
    words = [*command("pool")[:-2], "--repeat", "1000", *command("pool")[-2:]]
    ran = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.alarm(1),
        env={**os.environ, "UNDR_MARK": mark})
    if ran.wait(harness.LIMIT) != -signal.SIGALRM:
        return f"an alarm did not end it: {ran.returncode}"

    def is_left():
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in path.read_bytes():
                    return True
            except OSError:
                pass
        return False
    harness.until(lambda: not is_left(), "end of all that an alarm left")
    return None


def children_of_before():
    """`undr-check ... > >(tee)`: the shell has become undr-check, whose children are not all its own."""
    with tempfile.TemporaryDirectory() as folder:
        script = f'(sleep 1000 & echo $! > {folder}/pid; wait) & while [ ! -s {folder}/pid ]; do sleep 0.01; done; exec "$@"'
        status, said = run(["bash", "-c", script, "bash", *command("pool")])
        pid = int(pathlib.Path(folder, "pid").read_text())
        alive = harness.runs(pid)
        if alive:
            os.kill(pid, signal.SIGKILL)
        return None if status == 0 and alive else f"a child of before: status {status}, alive: {alive}\n{said}"


def main():
    plays = [*judged(), *lacking(), *namespaces(), many_connections, a_wrong_target_is_blamed, other_programs, processor_time, hangup_is_ignored, what_a_target_gets, a_signal_ends_it, alarm_leaves_nothing,
        children_of_before]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        complaints = [complaint for complaint in pool.map(lambda play: play(), plays) if complaint is not None]
    print(f"{len(plays)} ways to be started, {len(complaints)} complaints")
    print(*complaints, sep="\n")
    assert not complaints


main()
