"""`python -m markovdiff` is the same program as `markovdiff`."""

from markovdiff.start import entry

entry()
