"""`python -m markovdiff.audit RESULT.json`."""

import sys

from markovdiff import signals

if __name__ == "__main__":
    signals.at_start()
    from markovdiff.audit.command import main

    status = main()
    signals.settled()
    sys.exit(status)
