"""Variables of the person's environment that a synth gets because their names were given (`--env NAME`).

Only a synth that a command runs itself gets them. A rehearsed build has the variables of its project, as on
AWS: with one more it would succeed here and fail there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rehearsal.builds.logs.masking import Masker
from rehearsal.cdk.missing_variables import missing_variables
from rehearsal.conductor.problems import Problem

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = re.compile(r"AWS_.*|CDK_DEFAULT_(?:ACCOUNT|REGION)|HOME|NO_PROXY|no_proxy")


@dataclass(frozen=True)
class Handed:
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Iterable[str], person: Mapping[str, str]) -> "Handed":
        return cls({name: _value(name, person) for name in names})

    def masked(self, text: str) -> str:
        return Masker(self.values.values()).mask(text)

    def remedy_for(self, message: str, person: Mapping[str, str]) -> str | None:
        """What to do about the variables that a failed synth did not find; None if it names none."""
        missing = [name for name in missing_variables(message) if name not in self.values]
        if not missing:
            return None
        options = " ".join(f"--env {name}" for name in missing)
        unset = [name for name in missing if name not in person]
        first = f"set {' and '.join(unset)} in your shell, then " if unset else ""
        return f"a synth gets no variables of your environment but those that you name: {first}add {options}"


def _value(name: str, person: Mapping[str, str]) -> str:
    bare, equals, _ = name.partition("=")
    if equals:
        raise Problem(
            f"--env {bare}=…: everybody on this machine can read a value on a command line",
            remedy=f"export the variable in your shell, then give its name: --env {bare}",
        )
    if not _NAME.fullmatch(name):
        raise Problem(f"--env {name!r} is not the name of a variable", remedy="give the name alone")
    if _OURS.fullmatch(name):
        raise Problem(
            f"--env {name}: the rehearsal sets this variable itself, and your AWS credentials stay with you",
            remedy="leave it out; --account and --region choose the embedded AWS's",
        )
    if name not in person:
        raise Problem(f"--env {name}: your environment has no such variable", remedy=f"export {name}=…")
    return person[name]
