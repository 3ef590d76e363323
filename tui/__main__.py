"""`python -m tui` is `markovdiff tui`."""

from markovdiff.start import entry

if __name__ == "__main__":
    entry("tui")
