"""Every application there is: one line each."""

from typing import Any

from stacks.application import Application
from stacks.second_brain.application import SecondBrain

APPLICATIONS: tuple[Application[Any], ...] = (SecondBrain(),)
