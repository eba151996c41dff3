#!/usr/bin/env python3
"""What ref/README.md and conformance/README.md point at exists: usage: readme_names.py [SOURCE]

Each word in backticks that is a path is a file, a folder or a pattern that fits one; each that is a name of C or of a
case, with an underscore, is somewhere in the sources."""

import pathlib
import re
import sys

PAGES = ("ref/README.md", "conformance/README.md")
SOURCES = ("ref", "conformance", "tests/unit", "tests/broken")


def words(text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [(prose.count("\n", 0, found.start()) + 1, found[1]) for found in re.finditer(r"`([^`\n]+)`", prose)]


def names_of(root):
    texts = [path.read_text() for part in SOURCES for path in (root / part).rglob("*.[ch]")]
    return {name for text in texts for name in re.findall(r"[A-Za-z]\w*", text)}


def is_there(root, part, path):
    pattern = path.replace("NAME", "*").rstrip("/")
    return any(next(iter((root / place).glob(pattern)), None) for place in (part, "."))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    names, looked, mistakes = names_of(root), 0, []
    for page in PAGES:
        for line, word in words((root / page).read_text()):
            path = re.fullmatch(r"[\w.*-]+/[\w.*/-]*", word) and "..." not in word
            name = re.fullmatch(r"[a-z]\w*_\w+", word)
            looked += 1 if path or name else 0
            if path and not is_there(root, page.split("/")[0], word):
                mistakes.append(f"{page}:{line}: there is no {word}")
            elif name and not path and word not in names:
                mistakes.append(f"{page}:{line}: no source has the name {word}")
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    if looked < 50:
        sys.exit(f"readme_names.py: only {looked} paths and names found in {' and '.join(PAGES)}")
    return 1 if mistakes else 0


sys.exit(main())
