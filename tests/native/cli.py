"""undr's command line in a test: on its own manager or on undr_native, by either start method, without a network.

    cli.py package|native fork|spawn|forkserver ARGUMENT...     as `python -m undr ARGUMENT...`
    cli.py package|native fork|spawn|forkserver map CONFIG      Configuration.map: one line for each file, sorted
"""

import hashlib
import multiprocessing
import os
import sys

import undr_native  # first: on Python 3.13 undr can't be imported without it; nothing is replaced by it yet

import undr
import undr.__main__


def reference(doi, pretty, timeout):
    """In place of a request to the registry of DOIs."""
    return f"@misc{{{doi},\n    title = {{Number {len(doi)}}}\n}}\n"


def first_of(file, send_message):
    content = b"".join(bytes(packet) for packet in file.packets()) if hasattr(file, "packets") else b"".join(file.chunks())
    send_message(f"{file.path_id} {hashlib.sha256(content).hexdigest()}")


def map_all(path):
    switch = undr.Switch(handle_aps=first_of, handle_dvs=first_of, handle_imu=first_of, handle_other=first_of)
    configuration = undr.configuration_from_path(path)
    print(*sorted(configuration.map(switch, show_display=False, workers=4)), sep="\n")


def main():
    manager, method, *arguments = sys.argv[1:]
    multiprocessing.set_start_method(method)
    undr.bibtex.from_doi = reference
    os.get_terminal_size = lambda *_: os.terminal_size((100, 24))  # undr asks for that of its output, here a file
    if manager == "native":
        undr_native.install()
    if arguments[0] == "map":
        map_all(arguments[1])
        return
    sys.argv = ["undr", *arguments]
    undr.__main__.main()


if __name__ == "__main__":
    main()
