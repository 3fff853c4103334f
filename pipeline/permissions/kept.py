"""The files of the repository, two for each grantee, and what they lack."""

import json
from collections.abc import Mapping
from pathlib import Path

from config.mistakes import DeliveryError
from pipeline.permissions.generate import Policies
from pipeline.permissions.policies import Policy, lacking, merged, read, written

FOLDER = Path(__file__).with_name("kept")
REMEDY = "run: make execution-policy; then, before you push: make bootstrap RUN=yes"


class NotKeptError(DeliveryError):
    """The templates need more than the kept policies allow; one line for each permission."""


def load(name: str, folder: Path = FOLDER) -> Policies | None:
    if not _file(folder, name, "execution").is_file():
        return None
    return Policies(
        execution=_load(_file(folder, name, "execution")), boundary=_load(_file(folder, name, "boundary"))
    )


def required(name: str, folder: Path = FOLDER) -> Policies:
    found = load(name, folder)
    if found is None:
        raise NotKeptError(f"{name}: there is no policy for it; run: make execution-policy")
    return found


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    return tuple(
        sorted(file.name.removesuffix(".execution.json") for file in folder.glob("*.execution.json"))
    )


def save(found: Mapping[str, Policies], *, prune: bool, folder: Path = FOLDER) -> None:
    """Add what is needed now. `prune` also drops the rest, which deletions and roll-backs may still need."""
    folder.mkdir(exist_ok=True)
    for name, policies in found.items():
        before = None if prune else load(name, folder)
        for kind in ("execution", "boundary"):
            now: Policy = getattr(policies, kind)
            whole = merged([getattr(before, kind), now]) if before else merged([now])
            text = json.dumps(written(whole), indent=2) + "\n"
            _file(folder, name, kind).write_text(text, encoding="utf-8")
    for gone in set(names(folder)) - set(found) if prune else ():
        _file(folder, gone, "execution").unlink()
        _file(folder, gone, "boundary").unlink()


def lacks(found: Mapping[str, Policies], folder: Path = FOLDER) -> list[str]:
    """What the kept policies lack, a line each."""
    lines: list[str] = []
    for name, policies in found.items():
        kept = load(name, folder)
        if kept is None:
            lines.append(f"{name}: there is no policy for it")
            continue
        lines += [f"{name}: execution policy: {line}" for line in lacking(kept.execution, policies.execution)]
        lines += [f"{name}: boundary: {line}" for line in lacking(kept.boundary, policies.boundary)]
    return lines


def changes(before: Path, after: Path = FOLDER) -> list[str]:
    """What the files of one commit allow and those of another do not: a new bootstrap is needed for it."""
    return lacks({name: required(name, after) for name in names(after)}, before)


def enforce(found: Mapping[str, Policies], folder: Path = FOLDER) -> None:
    lines = lacks(found, folder)
    if lines:
        raise NotKeptError("\n".join(["the templates need more than CloudFormation may do:", *lines, REMEDY]))


def _load(file: Path) -> Policy:
    return read(json.loads(file.read_text(encoding="utf-8")))


def _file(folder: Path, name: str, kind: str) -> Path:
    return folder / f"{name}.{kind}.json"
