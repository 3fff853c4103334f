"""Reads files and folders of a commit."""

import base64
import re
from typing import Any

from rehearsal.cloud.codecommit.call import Answer, Call, checked_path, default_branch, file_mode
from rehearsal.emulator.extension import ServiceError
from rehearsal.sources.git import GitError, git, git_bytes
from rehearsal.sources.repository import Commit, Repository

_SPECIFIER = re.compile(r"[^\x00-\x20~^:?*\[\\-][^\x00-\x20~^:?*\[\\]{0,255}")


def get_file(call: Call) -> Answer:
    repository, path = call.repository(), checked_path(call.payload["filePath"])
    commit = _commit(call, repository)
    for mode, kind, object_id, name in _listed(repository, commit.id, path):
        if kind == "blob" and name == path:
            content = _content(repository, object_id)
            return {
                "commitId": commit.id,
                "blobId": object_id,
                "filePath": path,
                "fileMode": file_mode(mode),
                "fileSize": len(content),
                "fileContent": base64.b64encode(content).decode(),
            }
    raise ServiceError("FileDoesNotExistException", f"{commit.id} has no file {path}")


def get_folder(call: Call) -> Answer:
    repository, wanted = call.repository(), call.payload["folderPath"].strip("/")
    folder = checked_path(wanted) if wanted else ""
    commit = _commit(call, repository)
    try:
        tree = git("rev-parse", "--verify", "--quiet", f"{commit.id}:{folder}", folder=repository.path)
        git("cat-file", "tree", tree, folder=repository.path)
    except GitError as error:
        raise ServiceError("FolderDoesNotExistException", f"{commit.id} has no folder {folder}") from error
    found: dict[str, list[dict[str, Any]]] = {
        "subFolders": [],
        "files": [],
        "symbolicLinks": [],
        "subModules": [],
    }
    for mode, kind, object_id, path in _listed(repository, commit.id, f"{folder}/" if folder else ""):
        common = {"absolutePath": path, "relativePath": path.rpartition("/")[2]}
        if kind == "tree":
            found["subFolders"].append({**common, "treeId": object_id})
        elif kind == "commit":
            found["subModules"].append({**common, "commitId": object_id})
        else:
            group = "symbolicLinks" if mode == "120000" else "files"
            found[group].append({**common, "blobId": object_id, "fileMode": file_mode(mode)})
    return {"commitId": commit.id, "folderPath": folder, "treeId": tree, **found}


def _commit(call: Call, repository: Repository) -> Commit:
    """The commit by id, branch or tag; without one, the head of the default branch."""
    wanted = call.payload.get("commitSpecifier") or default_branch(repository) or "HEAD"
    if not _SPECIFIER.fullmatch(wanted):
        raise ServiceError("InvalidCommitException", f"{wanted[:200]!r} names no commit")
    try:
        return repository.commit(wanted)
    except GitError as error:
        raise ServiceError("CommitDoesNotExistException", f"there is no commit {wanted}") from error


def _listed(repository: Repository, commit: str, path: str) -> list[tuple[str, str, str, str]]:
    arguments = ("--", path) if path else ()
    listed = git("--literal-pathspecs", "ls-tree", "-z", commit, *arguments, folder=repository.path)
    rows = (line.partition("\t") for line in listed.split("\0") if line)
    return [(*_three(facts), name) for facts, _, name in rows]


def _three(facts: str) -> tuple[str, str, str]:
    mode, kind, object_id = facts.split()
    return mode, kind, object_id


def _content(repository: Repository, blob: str) -> bytes:
    return git_bytes("cat-file", "blob", blob, folder=repository.path)
