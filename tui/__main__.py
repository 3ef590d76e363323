"""`python -m tui` is `markovdiff tui`."""

import sys

from markovdiff.cli import main

if __name__ == "__main__":
    sys.exit(main(["tui", *sys.argv[1:]]))
