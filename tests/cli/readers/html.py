"""Reads HTML, and refuses what is not right: a JSON list of files' names on standard input; of each, on standard output,
[element, attributes, text] for every element."""
import json
import sys

import html5lib


def text_of(element):
    return "".join(element.itertext())


def read(path):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    with open(path, "rb") as file:
        document = parser.parse(file, override_encoding="utf-8")
    return [[element.tag, dict(element.attrib), text_of(element)] for element in document.iter()
            if isinstance(element.tag, str)]


json.dump([read(path) for path in json.load(sys.stdin)], sys.stdout)
