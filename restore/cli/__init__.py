"""The command line: the only package that parses arguments, prints and exits. `app` lists the commands."""

from restore.cli.app import main

__all__ = ["main"]
