"""`python -m triage.cli`."""

import sys

from triage.cli.app import main

sys.exit(main())
