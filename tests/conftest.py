"""For every test."""

import os

import boto3
import pytest

from rehearsal.home import tool_cache

# Real builds of many temporary projects would otherwise each download the same.
os.environ.setdefault("SLIPWAY_PACKAGES", str(tool_cache() / "packages"))


@pytest.fixture(autouse=True)
def own_default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """`boto3.client` keeps the first credentials it finds for the whole process: here, another test's."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
