"""The agent's folder as it is deployed, built for this machine."""

import shutil
from pathlib import Path

import pytest

from blocks.function_assets import StaleAssetError, asset_folder, build
from stacks.second_brain.functions import AGENT


def built() -> Path:
    """As a rehearsal builds it; a loopback endpoint is how the builder knows one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        try:
            return asset_folder(AGENT)
        except StaleAssetError:
            return build(AGENT)


def copied(into: Path) -> Path:
    return shutil.copytree(built(), into)


def zipped(into: Path) -> Path:
    return shutil.copyfile(built().with_suffix(".zip"), into)
