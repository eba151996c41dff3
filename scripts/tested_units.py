"""The units that are held to full coverage: their sources, and the fast tests that matter for each."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent

UNITS = {
    "bytes": ["ref/bytes.c"],
    "frame": ["ref/frame.c"],
    "text": ["ref/text.c"],
    "pickle": ["ref/pickle*.c", "ref/map.c", "ref/hash.c"],
    "value": ["ref/value*.c", "ref/number*.c"],
    "manager core": ["ref/manager*.c", "ref/handles.c", "ref/blob.c"],
    "worker core": ["ref/worker.c"],
    "notation parser": ["conformance/notation/exchange*.c"],
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

FUZZ_TARGETS = ["receive_bytes", "receive_message", "pickle", "manager_session", "worker_session", "pair", "exchange"]


def sources(unit):
    """Paths below ROOT, as text."""
    found = {str(path.relative_to(ROOT)) for glob in UNITS[unit] for path in ROOT.glob(glob)}
    return sorted(found)


def headers(unit):
    """The headers of its sources, which may have inline functions."""
    places = [(pathlib.PurePath(path).parent, pathlib.PurePath(path).stem) for path in sources(unit)]
    found = {str(folder / name) for parent, stem in places for folder in (parent, parent / "undr")
             for name in [f"{stem}.h"] if (ROOT / folder / name).exists()}
    return sorted(found)


def tests(unit):
    """Names of programs, as in tests/CMakeLists.txt."""
    return sorted({path.stem for name in TESTS[unit] for path in ROOT.glob(f"tests/test_{name}.c")})


def unit_of(source):
    """The unit of a path below ROOT, or None."""
    return next((unit for unit in UNITS if source in sources(unit) + headers(unit)), None)
