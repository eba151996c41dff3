"""The pickles that scripts/bench has decoded: what tasks and messages look like, and what is large in one way."""

import datetime
import pickle


def _records(count):
    return [
        {"id": i, "name": f"name {i}", "tags": ["a", "b", str(i)], "score": i / 3, "ok": True} for i in range(count)
    ]


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def corpus():
    """(name, pickle) in protocol 4 unless the name says otherwise."""
    values = [
        ("None", None),
        ("a small dict", {"url": "https://example.org/a/b", "size": 12345, "retry": False, "name": "x"}),
        ("an exception", ValueError("boom")),
        ("100 instances", [datetime.timedelta(i) for i in range(100)]),
        ("100 records", _records(100)),
        ("50 nested lists", _nested(50)),
        ("1,000 small ints", list(range(1000))),
        ("1,000 large ints", [i * 1000003 for i in range(1000)]),
        ("1,000 floats", [i / 7 for i in range(1000)]),
        ("1,000 strings", [f"string number {i}" for i in range(1000)]),
        ("1,000 tuples", [(i, str(i), None) for i in range(1000)]),
        ("dict of 1,000", {f"key {i}": i for i in range(1000)}),
        ("set of 1,000", set(range(1000))),
        ("1 MiB of bytes", b"x" * (1 << 20)),
        ("1 MiB of ASCII", "x" * (1 << 20)),
        ("1 MiB of other text", "\u00fc" * (1 << 19)),
    ]
    pickles = [(name, pickle.dumps(value, 4)) for name, value in values]
    pickles += [(f"100 records, protocol {protocol}", pickle.dumps(_records(100), protocol)) for protocol in (0, 2, 5)]
    return pickles
