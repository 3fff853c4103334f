"""The `slipway` of the environment that the tests run in."""

import sys
from pathlib import Path

SLIPWAY = str(Path(sys.executable).with_name("slipway"))
