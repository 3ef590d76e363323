"""`python -m markovdiff` is the same program as `markovdiff`."""

from markovdiff.cli import entry

entry()
