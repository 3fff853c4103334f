"""The one way from `delivery.toml` to typed values."""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.application import Deliverable
from config.caution import cautions, unused
from config.delivery import Delivery
from config.document import Document
from config.mistakes import ConfigurationError, Mistake, mistakes_of
from config.resolve import check_settings, resolve
from config.rules import check, check_zones

DELIVERY_FILE = Path(__file__).parent.parent / "delivery.toml"


def load(applications: Iterable[Deliverable], *, path: Path | None = None) -> Delivery:
    """Read the file, or raise a ConfigurationError with one line for each mistake in it.

    SLIPWAY_CONFIG names another file than the repository's, to try a configuration out.
    """
    path = path or Path(os.environ.get("SLIPWAY_CONFIG") or DELIVERY_FILE)
    catalogue = {application.name: application for application in applications}
    document = _document(path)
    mistakes = list(check(document, catalogue)) or list(check_settings(document, catalogue))
    _refuse(mistakes, path)
    delivery = resolve(document, catalogue)
    _refuse(list(check_zones(delivery)), path)
    return replace(delivery, cautions=(*unused(document), *cautions(delivery)))


def _document(path: Path) -> Document:
    content = _toml(path)
    try:
        return Document.model_validate(content)
    except ValidationError as error:
        mistakes = list(mistakes_of(error, model=Document, document=content))
        raise ConfigurationError(file=path.name, mistakes=mistakes) from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mistake = Mistake(
            key="(the file)",
            value=None,
            reason=f"there is none at {path}",
            remedy="run the command in the folder of the repository",
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistake = Mistake(
            key="(the file)", value=None, reason=f"it is not TOML: {error}", remedy="correct that line"
        )
    raise ConfigurationError(file=path.name, mistakes=[mistake])


def _refuse(mistakes: list[Mistake], path: Path) -> None:
    if mistakes:
        raise ConfigurationError(file=path.name, mistakes=mistakes)
