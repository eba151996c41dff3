#!/usr/bin/env python3
"""rules.py: the sentences and levels of conformance/watch/rules.h are those of spec/protocol.md."""
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
