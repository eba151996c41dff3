"""usage.py: command lines of the scripts that are written in Python."""
import argparse
import sys


class Usage(argparse.ArgumentParser):
    """argparse.ArgumentParser takes a --help that could not be written for one that was."""

    def print_help(self, file=None):
        try:
            print(self.format_help(), end="", file=file or sys.stdout, flush=True)
        except OSError as error:
            sys.exit(f"{self.prog}: the help can't be written: {error.strerror}")
