"""fuzzing.py: fuzzes one target with one engine, and keeps what comes of it. For scripts/fuzz."""
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
FUZZ = SOURCE / "fuzz"
PLANTED_RUNS = 5_000_000
JUDGED_BY_CPYTHON = ("pickle", "receive_message")

# The longest input of a target, in bytes: what is longer says little more and takes longer.
LONGEST = {"exchange": 2000, "receive_bytes": 300, "manager_session": 64, "watch": 400, "pair": 48}
DICTIONARIES = {"pickle": "pickle", "exchange": "exchange"}


def mutators():
    """The sources of each target's own mutator."""
    lines = [line.split() for line in (FUZZ / "mutators.txt").read_text().splitlines() if not line.startswith("#")]
    return {target: [FUZZ / name for name in ("mutator.c", *names)] for target, *names in lines}


@dataclasses.dataclass
class Options:
    engine: str
    seconds: int           # for each target
    jobs: int              # processes that share them
    build: pathlib.Path    # of the project; the fuzzers are in a folder of it
    keep: bool             # merge what is new into the source tree
    differences_told: bool  # a difference from CPython is no failure

    @property
    def folder(self):
        return self.build / f"fuzz-{self.engine}"


@dataclasses.dataclass
class Figures:
    """How fast a target was."""
    target: str
    executions: int
    wall: float
    processor: float

    HEAD = f"{'target':<16} {'executions':>14} {'wall, s':>10} {'CPU, s':>10} {'executions per CPU second':>26}"

    def __str__(self):
        rate = self.executions / self.processor if self.processor > 0 else 0
        return f"{self.target:<16} {self.executions:>14} {self.wall:>10.1f} {self.processor:>10.1f} {rate:>26.0f}"


class DidNotRun(Exception):
    """The fuzzer itself failed; its text is the end of its log."""


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def last_progress(log):
    """The last line of a fuzzer's output that says how far it is."""
    lines = re.findall(r"^(?:#\d+:?\s.*|execs_done.*|edges_found.*)$", log, re.MULTILINE)
    return lines[-1].replace("\t", " ") if lines else ""


def libfuzzer_executions(log):
    counts = re.findall(r"^#(\d+)", log, re.MULTILINE)
    return int(counts[-1]) if counts else 0


def afl_executions(stats):
    return sum(int(count) for text in stats for count in re.findall(r"^execs_done\s*:\s*(\d+)", text, re.MULTILINE))


def unexplained(verdicts):
    """The inputs, as FOLDER/TARGET/NAME, that tests/pickles/saved.py could not explain."""
    return re.findall(r"^([a-z]*/[^:\n]*): unexplained$", verdicts, re.MULTILINE)


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


class Run:
    """One target. It ends its processes, whatever ends it; what it writes beside the corpus is in `work`."""

    def __init__(self, options, target, work):
        self.options, self.target, self.work = options, target, work
        self.planted = target == "planted"
        self.program = options.folder / "fuzz" / f"fuzz-{target}"
        self.verdicts = options.folder / "fuzz" / "replay-verdicts"
        self.corpus = FUZZ / "corpus" / target
        in_source = options.keep and not self.planted
        self.failed = (FUZZ / "regress" if in_source else options.build / "fuzz-failed") / target
        self.processes = []
        self.figures = None

    # What the two engines do each in their way.

    def commands(self):
        """The command lines to run at the same time; prepares their folders."""
        raise NotImplementedError

    def environment(self):
        return None

    def statistics(self):
        """The file that says how far the first process is."""
        raise NotImplementedError

    def executions(self):
        raise NotImplementedError

    def failures(self):
        """The inputs that failed."""
        raise NotImplementedError

    def new_inputs(self):
        """A folder with the inputs that reached something new."""
        raise NotImplementedError

    def merge(self):
        """Merges them into the corpus."""
        raise NotImplementedError

    # What they do alike.

    def run(self):
        """True: nothing was found."""
        self.say(f"{self.options.engine}, {self.options.jobs} job(s), {self.bound()}")
        try:
            self.fuzz()
        finally:
            self.end()
        failures = self.failures()
        if failures:
            self.keep_failures(failures)
            return False
        print(f"{self.target}: {last_progress(read(self.statistics()))}")
        if not self.options.keep:
            if not self.ask_cpython(self.new_inputs()) and not self.options.differences_told:
                return False
        elif not self.planted:
            before = files(self.corpus)
            self.merge()
            if files(self.corpus) != before and not self.freeze_verdicts():
                return False
        self.say("nothing was found")
        return True

    def bound(self):
        return f"{PLANTED_RUNS} executions" if self.planted else f"{self.options.seconds} s"

    def say(self, text):
        print(f"{self.target}: {text}; the corpus has {len(files(self.corpus))} inputs", flush=True)

    def log(self, job):
        return self.work / f"log{job}"

    def fuzz(self):
        began, processor = time.monotonic(), 0.0
        for job, command in enumerate(self.commands(), 1):
            with open(self.log(job), "wb") as log:
                self.processes.append(subprocess.Popen(
                    [str(word) for word in command], cwd=self.work, stdout=log, stderr=subprocess.STDOUT,
                    env=self.environment()))
        while self.processes:
            processor += self.wait_for(self.processes[0])
            self.processes.pop(0)
        if self.executions() == 0:
            raise DidNotRun("\n".join(read(self.log(1)).splitlines()[-20:]))
        self.figures = Figures(self.target, self.executions(), time.monotonic() - began, processor)

    def wait_for(self, process):
        """Shows how far it is, until it has ended; the processor time that it took."""
        terminal = sys.stdout.isatty()
        shown = time.monotonic()
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.2)
            if time.monotonic() - shown > (2 if terminal else 30):
                shown = time.monotonic()
                line = f"{self.target}: {last_progress(read(self.statistics()))[:100]}"
                print(f"\r\033[K{line}" if terminal else line, end="" if terminal else "\n", flush=True)
        print("\r\033[K" if terminal else "", end="", flush=True)
        return used.ru_utime + used.ru_stime

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()
        self.processes = []

    def keep_failures(self, failures):
        self.failed.mkdir(parents=True, exist_ok=True)
        for path in failures:
            kept = self.failed / hashlib.sha1(path.read_bytes()).hexdigest()[:16]
            shutil.copyfile(path, kept)
            if not self.planted:
                print(f"{self.target}: FAILED on an input, kept as {kept}")
                print(f"    replay it: ninja -C {self.options.folder} replay-{self.target} && "
                      f"{self.options.folder}/fuzz/replay-{self.target} {kept}")
        reasons = re.findall(r"^.*(?:property does not hold|ERROR: |runtime error).*$", read(self.log(1)), re.MULTILINE)
        print("\n".join(sorted(set(reasons))[:5]))

    # CPython's verdicts on new pickles.

    def saved(self, *words):
        """Runs tests/pickles/saved.py; its output, or None where CPython and our reader agree."""
        done = subprocess.run([sys.executable, "-B", "saved.py", *map(str, words), str(self.verdicts)],
                              cwd=SOURCE / "tests/pickles", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            return None
        print(done.stdout, end="")
        return done.stdout

    def explain(self, kept):
        print(f"{self.target}: CPython and our reader DIFFER on an input, kept as {kept}")
        print(f"{self.target}: repair the reader, or explain the difference in tests/pickles (sequences.py, saved.py)")

    def ask_cpython(self, folder):
        """Of the inputs in a folder, outside of the source tree. False: CPython and our reader differ."""
        inputs = files(folder)
        if self.target not in JUDGED_BY_CPYTHON or not inputs:
            return True
        stage = self.work / "stage"
        for place in ("corpus", "regress"):
            for target in JUDGED_BY_CPYTHON:
                (stage / place / target).mkdir(parents=True)
        for path in inputs:
            shutil.copyfile(path, stage / "corpus" / self.target / path.name)
        print(f"{self.target}: asking CPython for its verdicts on {len(inputs)} new inputs", flush=True)
        text = self.saved("--folder", stage)
        if text is None:
            return True
        self.failed.mkdir(parents=True, exist_ok=True)
        for name in unexplained(text):
            self.explain(shutil.copy(stage / name, self.failed))
        return False

    def freeze_verdicts(self):
        """CPython's verdicts on what was merged. False: they differ from our reader's, and nothing explains it. Such an
        input leaves the corpus for the folder of the failed ones, where tests fail on it until it is explained."""
        if self.target not in JUDGED_BY_CPYTHON:
            return True
        print(f"{self.target}: asking CPython for its verdicts", flush=True)
        text = self.saved()
        if text is None:
            return True
        for name in unexplained(text):
            kept = self.failed / pathlib.Path(name).name[:16]
            self.failed.mkdir(parents=True, exist_ok=True)
            if FUZZ / name != kept:
                shutil.move(FUZZ / name, kept)
            self.explain(kept)
        print(f"{self.target}: then run python3 -B tests/pickles/saved.py {self.verdicts}")
        return False

    def inputs_options(self):
        longest = LONGEST.get(self.target, 200)
        dictionary = FUZZ / "dictionaries" / f"{DICTIONARIES.get(self.target, 'frames')}.dict"
        return longest, dictionary


class LibFuzzer(Run):
    def commands(self):
        for name in ("new", "failed", "empty"):
            (self.work / name).mkdir()
        self.corpus.mkdir(parents=True, exist_ok=True)
        longest, dictionary = self.inputs_options()
        corpus = self.work / "empty" if self.planted else self.corpus
        bound = f"-runs={PLANTED_RUNS}" if self.planted else f"-max_total_time={self.options.seconds}"
        fork = [f"-fork={self.options.jobs}"] if self.options.jobs > 1 else []
        return [[self.program, self.work / "new", corpus, *fork, bound, "-timeout=120", "-rss_limit_mb=2048",
                 f"-max_len={longest}", f"-dict={dictionary}", f"-artifact_prefix={self.work}/failed/"]]

    def environment(self):
        # A freed block is kept from use for 1 MB of others, which is more than an input allocates; stacks of
        # allocations are short here, and whole in the replay program.
        return {**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1:quarantine_size_mb=1:malloc_context_size=2:"
                "thread_local_quarantine_size_kb=64:detect_stack_use_after_return=0"}

    def statistics(self):
        return self.log(1)

    def executions(self):
        return libfuzzer_executions(read(self.log(1)))

    def failures(self):
        return files(self.work / "failed")

    def new_inputs(self):
        return self.work / "new"

    def merge(self):
        with open(self.log(1), "ab") as log:
            subprocess.run([str(self.program), "-set_cover_merge=1", str(self.corpus), str(self.work / "new")],
                           stdout=log, stderr=log, env=self.environment(), check=True)


class Afl(Run):
    NEXT = b"n" + bytes(8)

    def commands(self):
        seeds = self.work / "in"
        seeds.mkdir()
        (seeds / "next").write_bytes(self.NEXT)
        if self.planted:
            # What is planted is behind two headers: AFL++'s own mutations, which spoil them, take most of the time.
            # This seed has both, and a pickle that lacks two opcodes to show the bug.
            (seeds / "message").write_bytes(self.NEXT + b"m\4" + bytes(7) + b"\x80\4].")
        for path in [] if self.planted else files(self.corpus):
            shutil.copy(path, seeds)
        longest, dictionary = self.inputs_options()
        bound = ["-E", PLANTED_RUNS, "-s", 1] if self.planted else ["-V", self.options.seconds]
        return [["afl-fuzz", "-S", f"s{job}", *bound, "-t", 5000, "-m", "none", "-G", longest, "-x", dictionary,
                 "-i", seeds, "-o", self.work / "out", "--", self.program]
                for job in range(1, self.options.jobs + 1)]

    def environment(self):
        own = {"AFL_SYNC_TIME": "1",  # minutes, after which instances share what they found,
               "AFL_FINAL_SYNC": "1",  # and once at the end
               "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_UI": "1", "AFL_QUIET": "1",
               "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1"}
        if self.target in mutators():
            own["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(self.options.folder / f"mutator-{self.target}.so")
        if self.planted:
            own |= {"AFL_BENCH_UNTIL_CRASH": "1", "AFL_CUSTOM_MUTATOR_ONLY": "1"}
        others = {name: value for name, value in os.environ.items() if name != "ASAN_OPTIONS"}  # AFL++ sets its own
        return {**others, **own}

    def statistics(self):
        return self.work / "out/s1/fuzzer_stats"

    def executions(self):
        return afl_executions(read(path) for path in (self.work / "out").glob("*/fuzzer_stats"))

    def failures(self):
        return sorted((self.work / "out").glob("*/crashes/id*"))

    def queue(self, pattern):
        return sorted((self.work / "out").glob(f"*/queue/{pattern}"))

    def new_inputs(self):
        new = self.work / "new"
        new.mkdir()
        for path in self.queue("id*,op:*"):
            shutil.copy(path, new)
        return new

    def merge(self):
        """What reaches something new, under the names that libFuzzer gives."""
        everything, few = self.work / "all", self.work / "few"
        shutil.copytree(self.work / "in", everything)
        for path in self.queue("id*"):
            shutil.copyfile(path, everything / hashlib.sha1(path.read_bytes()).hexdigest())
        with open(self.log(1), "ab") as log:
            done = subprocess.run(["afl-cmin", "-i", str(everything), "-o", str(few), "-m", "none", "-t", "5000", "--",
                                   str(self.program)], stdout=log, stderr=log, env=self.environment())
        if done.returncode != 0:
            print(f"{self.target}: afl-cmin failed, nothing was merged:")
            print("\n".join(read(self.log(1)).splitlines()[-5:]))
            return
        self.corpus.mkdir(parents=True, exist_ok=True)
        for path in files(few):
            shutil.copyfile(path, self.corpus / hashlib.sha1(path.read_bytes()).hexdigest())


ENGINES = {"libfuzzer": LibFuzzer, "afl": Afl}
