#!/usr/bin/env python3
"""Writes inputs to begin with into FOLDER/TARGET: from the golden vectors (spec/vectors), the conformance cases,
what crossed the wire while they were played, and what the Python that runs this writes by default (protocol 5 since 3.14).

    seeds.py FOLDER [TRANSCRIPT...]     a TRANSCRIPT is what `undr-check ... -v` printed

The corpora in fuzz/corpus began so; to add to one, FUZZER being build/fuzz-libfuzzer/fuzz/fuzz-TARGET:

    fuzz/seeds.py seeds && FUZZER -set_cover_merge=1 fuzz/corpus/TARGET seeds/TARGET
"""
import array
import collections
import datetime
import decimal
import fractions
import hashlib
import json
import pathlib
import pickle
import re
import sys
import uuid

SOURCE = pathlib.Path(__file__).resolve().parents[1]
LONGEST = {"exchange": 2000, "pickle": 400, "receive_message": 400, "receive_bytes": 300}


def frames():
    """Frames and streams of them, whole and not."""
    vectors = json.loads((SOURCE / "spec/vectors/frames.json").read_text())
    for group in vectors.values():
        for vector in group:
            yield bytes.fromhex(vector["bytes"])


def payloads():
    vectors = json.loads((SOURCE / "spec/vectors/payloads.json").read_text())
    for group in vectors.values():
        for vector in group:
            yield bytes.fromhex(vector["bytes"])


def written_here():
    """Pickles of this Python: the values of the golden vectors, and of some types of its library."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(SOURCE / "spec/vectors"))
    import make
    sys.modules.update(make.stand_ins())
    values = [row[-1] for row in make.protocol_values()] + [row[-1] for row in make.plain_values()]
    values += [[bytearray(b"x")] * 3, {"a": bytearray(), "b": b"y" * 70}, collections.OrderedDict(a=1),
               collections.deque([1, 2], 3), datetime.timedelta(1, 2), decimal.Decimal("1.5"), fractions.Fraction(1, 3),
               uuid.UUID(int=5), array.array("I", [1, 2]), range(3), slice(1, 2), ..., NotImplemented, complex(1, 2),
               ValueError("text"), KeyError(("a",)), len, int, print]
    for value in values:
        yield pickle.dumps(value)


def cases(transcripts):
    """Each case of the suite, and each exchange that a transcript shows, as a case."""
    for path in sorted((SOURCE / "conformance/cases").glob("*.case")):
        for case in re.split(r"(?m)^(?=case )", path.read_text())[1:]:
            yield case.encode()
    for path in transcripts:
        lines = pathlib.Path(path).read_text(errors="replace").splitlines()
        steps = []
        for line in lines + [""]:
            step = re.match(r"\s+([A-Z]+ (?:->|<-) \S.*)$", line)
            if step:
                steps.append("  " + re.sub(r"\s{2,}#.*", "", step.group(1)))
            elif steps:
                yield ("case transcript\n  must  FRAME-1  it crossed\n\n%s\n" % "\n".join(steps)).encode()
                steps = []


def seeds(transcripts):
    for stream in frames():
        yield "receive_bytes", b"\x00" + stream
        yield "receive_bytes", b"\x07" + stream + stream
        yield "receive_message", stream
    for payload in [*payloads(), *written_here()]:
        yield "pickle", b"\x05" + payload
        yield "receive_message", b"m" + len(payload).to_bytes(8, "little") + payload
    for case in cases(transcripts):
        yield "exchange", case


def main(arguments):
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    unknown = [word for word in arguments if word.startswith("-")]
    if not arguments or unknown:
        print(f"seeds.py: unknown option {unknown[0]}" if unknown else "seeds.py: FOLDER is missing",
              "", __doc__, sep="\n", file=sys.stderr)
        return 2
    count = 0
    for target, data in seeds(arguments[1:]):
        if len(data) <= LONGEST[target]:
            folder = pathlib.Path(arguments[0]) / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
            count += 1
    print("%d inputs" % count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
