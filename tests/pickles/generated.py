"""Files that a script makes and the repository keeps: written, or compared with what the script makes now."""


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
