"""The Python that functions and agents run on: this one's base, blind to the rehearsal's own packages."""

import sys

ISOLATED_PYTHON = (str(getattr(sys, "_base_executable", sys.executable)), "-S")
"""Without site-packages, so that a dependency that was not vendored is missing here as it is on AWS."""
