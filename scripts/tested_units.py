"""The units that are held to full coverage: their sources, and the fast tests that matter for each."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent

UNITS = {
    "bytes": ["ref/base/bytes.c"],
    "frame": ["ref/protocol/frame.c"],
    "text": ["ref/base/text.c"],
    "pickle": ["ref/pickle/pickle*.c", "ref/base/map.c", "ref/base/hash.c"],
    "value": ["ref/pickle/value*.c", "ref/pickle/number*.c"],
    "manager core": ["ref/protocol/manager*.c", "ref/base/handles.c", "ref/base/blob.c"],
    "worker core": ["ref/protocol/worker.c"],
    "notation parser": [f"conformance/notation/{name}.c" for name in
                        ["check*", "lexer", "parse*", "print*", "term", "walk"]],
}

TESTS = {
    "bytes": ["bytes", "frame", "pickle*", "value*", "number*"],
    "frame": ["frame", "vectors"],
    "text": ["visible", "allocations*"],
    "pickle": ["pickle*", "map", "hash*", "vectors", "allocations*"],
    "value": ["value*", "number*", "pickle*", "allocations*"],
    "manager core": ["manager*", "handles*", "blob", "allocations*"],
    "worker core": ["worker*", "allocations*"],
    "notation parser": ["exchange*", "term*", "match", "decode", "transcript", "allocations*"],
}

FUZZ_TARGETS = ["receive_bytes", "receive_message", "pickle", "manager_session", "worker_session", "pair", "exchange",
                "watch"]


def sources(unit):
    """Paths below ROOT, as text."""
    found = {str(path.relative_to(ROOT)) for glob in UNITS[unit] for path in ROOT.glob(glob)}
    return sorted(found)


def headers(unit):
    """The headers of its sources, which may have inline functions."""
    places = [(pathlib.PurePath(path).parent, pathlib.PurePath(path).stem) for path in sources(unit)]
    found = {str(folder / name) for parent, stem in places for folder in (parent, pathlib.PurePath("ref/undr"))
             for name in [f"{stem}.h"] if (ROOT / folder / name).exists()}
    return sorted(found)


def tests(unit):
    """Names of programs, as in tests/CMakeLists.txt."""
    return [pathlib.PurePath(path).stem for path in test_sources(unit)]


def test_sources(unit):
    """Paths below ROOT, as text."""
    found = {path.relative_to(ROOT) for name in TESTS[unit] for path in ROOT.glob(f"tests/unit/*/test_{name}.c")}
    return [str(path) for path in sorted(found, key=lambda path: path.stem)]


def unit_of(source):
    """The unit of a path below ROOT, or None."""
    return next((unit for unit in UNITS if source in sources(unit) + headers(unit)), None)
