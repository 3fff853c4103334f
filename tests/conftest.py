"""For every test."""

import os

from rehearsal.home import tool_cache

# Real builds of many temporary projects would otherwise each download the same.
os.environ.setdefault("SLIPWAY_PACKAGES", str(tool_cache() / "packages"))
