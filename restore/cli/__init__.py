"""The command line: the only room that reads words, prints and exits. `app` lists the commands."""

from restore.cli.app import main

__all__ = ["main"]
