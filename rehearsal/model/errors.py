"""How a definition is refused: by CodePipeline's own error name, with the place and the remedy."""

from dataclasses import dataclass
from typing import Literal

ErrorCode = Literal[
    "InvalidStructureException",
    "InvalidStageDeclarationException",
    "InvalidActionDeclarationException",
    "InvalidBlockerDeclarationException",
    "ValidationException",
]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in the definition something stands, in words."""

    stage: str = ""
    action: str = ""
    rule: str = ""

    def __str__(self) -> str:
        parts = (("stage", self.stage), ("action", self.action), ("rule", self.rule))
        return ", ".join(f"{kind} {name!r}" for kind, name in parts if name) or "pipeline"

    @property
    def code(self) -> ErrorCode:
        if self.action or self.rule:
            return "InvalidActionDeclarationException"
        return "InvalidStageDeclarationException" if self.stage else "InvalidStructureException"


class DefinitionError(Exception):
    """A pipeline that CodePipeline would refuse."""

    def __init__(
        self,
        problem: str,
        *,
        place: Place | None = None,
        field: str = "",
        remedy: str = "",
        code: ErrorCode | None = None,
    ) -> None:
        self.place = place or Place()
        self.field = field
        self.remedy = remedy
        self.code: ErrorCode = code or self.place.code
        where = f"{self.place}, field {field!r}" if field else str(self.place)
        super().__init__(f"{where}: {problem}" + (f"; {remedy}" if remedy else ""))
