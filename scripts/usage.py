"""usage.py: command lines of the scripts that are written in Python."""
import argparse
import sys


class Usage(argparse.ArgumentParser):
    """argparse.ArgumentParser takes a --help that could not be written for one that was."""

    def error(self, message):
        """An option that is unknown is named first, whatever else is missing."""
        unknown = [word for word in sys.argv[1:] if word.startswith("-") and word.partition("=")[0] not in self._option_string_actions]
        super().error(f"unknown option {unknown[0]}" if unknown and "unrecognized" not in message else message)

    def print_help(self, file=None):
        try:
            print(self.format_help(), end="", file=file or sys.stdout, flush=True)
        except OSError as error:
            sys.exit(f"{self.prog}: the help can't be written: {error.strerror}")
