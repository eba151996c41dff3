#!/usr/bin/env python3
"""How long functions and files are: usage: sizes.py [SOURCE]

Prints a line for each part, and fails where a file has more than 600 lines, a function more than 60, or where more
than one function in twenty has 30 or more (CONTRIBUTING.md, Style). A function's length is what is between its braces;
those of up to five lines are counted, as a helper that names nothing is worse than its body."""

import pathlib
import sys

PARTS = ("ref", "conformance")
MOST_LINES, LONGEST, P95, SHORT = 600, 60, 29, 5


def functions(text):
    """The line and the length of each: after clang-format, only a function's last line is a brace in column 0."""
    lines, head = text.split("\n"), None
    for number, line in enumerate(lines):
        if line[:1].isalpha() and not line.endswith(";"):
            head = number
        elif line == "}" and head is not None:
            begin = next((at for at in range(head, number) if lines[at].endswith("{")), number)
            yield head + 1, number - begin - 1
            head = None


def look(root, part):
    """The lengths of all functions of a part, and the mistakes as text."""
    lengths, mistakes = [], []
    for path in sorted((root / part).rglob("*.[ch]")):
        text, name = path.read_text(), path.relative_to(root)
        lines = text.count("\n")
        if lines > MOST_LINES:
            mistakes.append(f"{name}: {lines} lines, at most {MOST_LINES}: split it by idea")
        for line, length in functions(text):
            lengths.append(length)
            if length > LONGEST:
                mistakes.append(f"{name}:{line}: a function of {length} lines, at most {LONGEST}")
    return sorted(lengths), mistakes


def main():
    root, status = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."), 0
    for part in PARTS:
        lengths, mistakes = look(root, part)
        if not lengths:
            sys.exit(f"sizes.py: no function found in {root / part}")
        p95 = lengths[len(lengths) * 95 // 100]
        print(f"{part}: {len(lengths)} functions, median {lengths[len(lengths) // 2]} lines, 95th percentile {p95}, "
              f"longest {lengths[-1]}; {sum(length <= SHORT for length in lengths)} of up to {SHORT}")
        if p95 > P95:
            mistakes.append(f"{part}: the 95th percentile of function lengths is {p95}, at most {P95}")
        for mistake in mistakes:
            print(mistake, file=sys.stderr)
            status = 1
    return status


sys.exit(main())
