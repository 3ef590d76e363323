"""`python -m markovdiff.audit RESULT.json`."""

import sys

from markovdiff.audit.command import main

sys.exit(main())
