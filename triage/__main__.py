"""`python -m triage`: the same as the command `triage`."""

import sys

from triage.cli import main

sys.exit(main())
