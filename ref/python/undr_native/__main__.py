"""undr's command line, on NativeProcessManager: python -m undr_native ARGUMENT..."""

import sys

import undr_native  # before undr: see there

import undr.__main__


def main() -> None:
    sys.argv[0] = "undr"
    undr_native.install()
    undr.__main__.main()


if __name__ == "__main__":
    main()
