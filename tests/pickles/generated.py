"""Files that a script makes and the repository keeps: written, or compared with what the script makes now."""
import argparse


def asked_to_check(text):
    """Reads the command line of such a script, which `text` describes: `--check` or nothing; else ends it with 2."""
    usage = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    usage.add_argument("--check", action="store_true", help="write nothing, compare")
    return usage.parse_args().check


def write_or_check(files, check):
    """files: (path, content) of each, text or bytes. With `check` nothing is written, and 1 returned when one differs."""
    stale = 0
    for path, content in files:
        data = content.encode() if isinstance(content, str) else content
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            print("%s is not what its script makes: run that again, or look at what changed" % path)
            stale = 1
    return stale
