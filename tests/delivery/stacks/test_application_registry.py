"""Whatever is in the registry can be delivered."""

from pathlib import Path
from typing import Any

import pytest

from config.application import ApplicationSettings
from stacks.application import Application
from stacks.registry import APPLICATIONS

REPOSITORY = Path(__file__).parents[3]


def test_names_are_unique() -> None:
    names = [application.name for application in APPLICATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
class TestEach:
    def test_it_lives_in_folders_of_its_own_name(self, application: Application[Any]) -> None:
        assert (REPOSITORY / "stacks" / application.name / "application.py").is_file()

    @pytest.mark.parametrize("tier", ["dev", "staging", "prod"])
    def test_it_has_sizes_for_every_tier(self, application: Application[Any], tier: Any) -> None:
        assert isinstance(application.settings.of(tier=tier), ApplicationSettings)

    def test_every_setting_says_what_to_write(self, application: Application[Any]) -> None:
        fields = application.settings.model_fields
        assert [name for name, field in fields.items() if not field.description] == []
