#!/usr/bin/env python3
"""rules.py [--write]: the sentences and levels of conformance/watch/rules.h are those of spec/protocol.md. With --write
they are made so (clang-format then puts the lines right)."""
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER = (SOURCE / "conformance/watch/rules.h").read_text()
SPEC = (SOURCE / "spec/protocol.md").read_text()

specified = {name: (level, sentence) for name, level, sentence
             in re.findall(r"^\*\*([A-Z-]+-\d+)\*\* \((MUST|SHOULD|MAY)\) (.+)$", SPEC, re.M)}
HEADER = re.sub(r'"\s*"', "", HEADER.replace("\\\n", " "))  # joined lines, joined literals
rules = re.findall(r'X\((\w+), "([A-Z0-9-]+)", (\w+),\s*"((?:[^"\\]|\\.)*)"\)', HEADER)
if "--write" in sys.argv:
    table = " \\\n".join(f'    X({member}, "{name}", {specified[name][0]}, "' + specified[name][1].replace('"', '\\"') + '")'
                         for member, name, _, _ in rules)
    text = (SOURCE / "conformance/watch/rules.h").read_text()
    start, end = text.index("    X("), text.index("\n\ntypedef enum watch_rule")
    (SOURCE / "conformance/watch/rules.h").write_text(text[:start] + table + text[end:])
    sys.exit(0)
wrong = []
for member, name, level, sentence in rules:
    if member != name.replace("-", "_"):
        wrong.append(f"{member} is not the member of {name}")
    if specified.get(name) != (level, sentence.replace('\\"', '"')):
        wrong.append(f"{name}: the specification has {specified.get(name)}, rules.h {(level, sentence)}")
if len(rules) < 45:
    wrong.append(f"only {len(rules)} rules were found in rules.h")
print("\n".join(wrong) or f"{len(rules)} rules read as the specification does")
sys.exit(1 if wrong else 0)
