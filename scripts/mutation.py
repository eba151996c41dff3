"""Decisions of the machine code, turned round one at a time: shared by mutants and suite-mutants."""

import collections
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = "-w -O1 -g -gdwarf-4 -fno-inline -fno-jump-tables"  # objdump takes headers for sources in DWARF 5
FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
PLACE = re.compile(r"^(\S.*):(\d+)(?: \(discriminator \d+\))?$")
CODE = re.compile(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(?:data16 )?(j(?!mp|.?cxz)[a-z]+|set[a-z]+|cmov[a-z]+)\b")

Mutant = collections.namedtuple("Mutant", "source function offset mnemonic line")


def fail(status, text):
    print(text if status == 77 else f"{pathlib.Path(sys.argv[0]).name}: {text}", file=sys.stderr)
    sys.exit(status)


def build(folder, names, jobs, settings):
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    commands = [
        ["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(folder), "-D", "UNDR_FUZZ=OFF", *settings,
         "-D", "CMAKE_BUILD_TYPE=None", "-D", f"CMAKE_C_COMPILER={shutil.which('gcc')}",
         "-D", f"CMAKE_C_FLAGS={FLAGS}"],
        ["ninja", "-C", str(folder), "-j", str(jobs), *names]]
    with open(log, "w", encoding="utf-8") as out:
        for command in commands:
            if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode != 0:
                out.flush()
                print("\n".join(log.read_text().splitlines()[-20:]), file=sys.stderr)
                fail(3, f"the build failed, see {log}")


def opcode_at(code):
    """Where in an instruction the byte stands whose lowest bit inverts the condition."""
    at = 0
    while code[at] in (0x66, 0xf2, 0xf3) or 0x40 <= code[at] <= 0x4f:
        at += 1
    if code[at] == 0x0f:
        at += 1
    return at


def text_section(program):
    """How far the code's addresses are from its offsets in the file."""
    headers = subprocess.run(["objdump", "-h", str(program)], capture_output=True, text=True, check=True).stdout
    for line in headers.splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == ".text":
            return int(words[3], 16) - int(words[5], 16)
    fail(3, f"{program} has no .text")


def source_of(path, known):
    """The known source that a path of the debug information means, or nothing."""
    return next((source for source in known if path.endswith("/" + source)), "")


def decisions(program, known):
    """{mutant: offsets in the file of the bytes to change} of one program, as far as they stand in known sources. An
    inline function of a header stands in it once for each source that includes it."""
    shift = text_section(program)
    listing = subprocess.run(["objdump", "-d", "-l", str(program)], capture_output=True, text=True, check=True)
    found, of_path, start, function, source, line = {}, {}, 0, "", "", 0
    for text in listing.stdout.splitlines():
        match = FUNCTION.match(text)
        if match:
            start, function, source = int(match.group(1), 16), match.group(2), ""
            continue
        match = PLACE.match(text)
        if match:
            path, line = match.group(1), int(match.group(2))
            source = of_path[path] = of_path[path] if path in of_path else source_of(path, known)
            continue
        match = CODE.match(text)
        if match and source:
            address = int(match.group(1), 16)
            code = bytes.fromhex(match.group(2))
            mutant = Mutant(source, function, address - start, match.group(3), line)
            found.setdefault(mutant, []).append(address - shift + opcode_at(code))
    return found


def digest(paths):
    whole = hashlib.sha256()
    for path in paths:
        whole.update((ROOT / path).read_bytes())
    return whole.hexdigest()[:16]


def text_of(mutant):
    lines = (ROOT / mutant.source).read_text().splitlines()
    return lines[mutant.line - 1].strip() if 0 < mutant.line <= len(lines) else ""


def explanations(file):
    """{(file, function, text): how many} of the mutants that can't be killed."""
    found = {}
    for number, line in enumerate(file.read_text().splitlines() if file.exists() else [], 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 5 or not parts[3].isdigit() or not parts[4]:
            fail(2, f"{file}:{number}: expected FILE, function, text, count and reason, separated by tabs")
        found[tuple(parts[:3])] = found.get(tuple(parts[:3]), 0) + int(parts[3])
    return found
