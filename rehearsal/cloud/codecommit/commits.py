"""Reads commits, and creates commits from files in a request.

A commit is prepared in its own index and becomes the branch's head only if the branch still has the parent
that the caller named. git does this check and update atomically, so one of two concurrent calls is refused.
"""

import base64
import binascii
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.cloud.codecommit.call import (
    FILE_MODES,
    NO_COMMIT,
    Answer,
    Call,
    checked_path,
    file_mode,
    head_of,
)
from rehearsal.emulator.extension import ServiceError
from rehearsal.sources.git import IDENTITY, GitError, git
from rehearsal.sources.repository import Repository

_LARGEST_FILE = 6 * 1024 * 1024
_FULL_ID = re.compile(r"[0-9a-f]{40}")


def get_commit(call: Call) -> Answer:
    repository, commit = call.repository(), call.payload["commitId"]
    if not _FULL_ID.fullmatch(commit):
        raise ServiceError("InvalidCommitIdException", f"{commit!r} is not the full id of a commit")
    if not repository.has_commit(commit):
        raise ServiceError("CommitIdDoesNotExistException", f"there is no commit {commit}")
    return {"commit": _shown(repository, commit)}


def put_file(call: Call) -> Answer:
    path = checked_path(call.payload["filePath"])
    put = Put(
        path=path, mode=call.payload.get("fileMode", "NORMAL"), content=_bytes(call.payload["fileContent"])
    )
    made = _commit(call, [put])
    return {"commitId": made.id, "treeId": made.tree, "blobId": made.blobs[path]}


def delete_file(call: Call) -> Answer:
    path = checked_path(call.payload["filePath"])
    made = _commit(call, [Delete(path=path)])
    return {"commitId": made.id, "treeId": made.tree, "blobId": made.blobs[path], "filePath": path}


def create_commit(call: Call) -> Answer:
    made = _commit(call, list(_changes(call.payload)))
    return {
        "commitId": made.id,
        "treeId": made.tree,
        "filesAdded": made.listed("added"),
        "filesUpdated": made.listed("updated"),
        "filesDeleted": made.listed("deleted"),
    }


@dataclass(frozen=True, kw_only=True)
class Put:
    path: str
    mode: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Mode:
    path: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class Delete:
    path: str


Change = Put | Mode | Delete


@dataclass(frozen=True, kw_only=True)
class Made:
    id: str
    tree: str
    blobs: Mapping[str, str]
    kinds: Mapping[str, str]
    """By path: added, updated or deleted."""
    modes: Mapping[str, str]

    def listed(self, kind: str) -> list[dict[str, str]]:
        return [
            {"absolutePath": path, "blobId": self.blobs[path], "fileMode": self.modes[path]}
            for path, found in self.kinds.items()
            if found == kind
        ]


def _changes(payload: Mapping[str, Any]) -> Iterable[Change]:
    for entry in payload.get("putFiles", ()):
        if "sourceFile" in entry:
            raise ServiceError(
                "ValidationException", "the rehearsal does not support sourceFile: send fileContent"
            )
        if "fileContent" not in entry:
            raise ServiceError("SourceFileOrContentRequiredException", f"{entry['filePath']} has no content")
        yield Put(
            path=checked_path(entry["filePath"]),
            mode=entry.get("fileMode", "NORMAL"),
            content=_bytes(entry["fileContent"]),
        )
    for entry in payload.get("setFileModes", ()):
        yield Mode(path=checked_path(entry["filePath"]), mode=entry["fileMode"])
    for entry in payload.get("deleteFiles", ()):
        yield Delete(path=checked_path(entry["filePath"]))


def _commit(call: Call, changes: list[Change]) -> Made:
    repository, branch = call.repository(), call.branch()
    _refuse_repeated(changes)
    parent = _parent(call, repository, branch)
    with tempfile.TemporaryDirectory() as scratch:
        index = _Index(repository=repository, scratch=Path(scratch))
        made = index.commit(changes, parent=parent, payload=call.payload)
    try:
        git("update-ref", f"refs/heads/{branch}", made.id, parent or NO_COMMIT, folder=repository.path)
    except GitError as error:
        raise ServiceError(
            "ParentCommitIdOutdatedException", f"{branch} has moved on meanwhile: {error}"
        ) from error
    if not parent and len(git("for-each-ref", "refs/heads", folder=repository.path).splitlines()) == 1:
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}", folder=repository.path)
    call.pushed(repository, branch, parent or NO_COMMIT, made.id)
    return made


def _refuse_repeated(changes: list[Change]) -> None:
    if not changes:
        raise ServiceError("FileEntryRequiredException", "a commit needs at least one file")
    paths = [change.path for change in changes]
    if len(set(paths)) < len(paths):
        raise ServiceError("SamePathRequestException", "a file is named twice")


def _parent(call: Call, repository: Repository, branch: str) -> str:
    """The parent; empty for the first commit of a repository, which creates its branch."""
    head, named = head_of(repository, branch), call.payload.get("parentCommitId", "")
    if not head:
        if git("for-each-ref", "refs/heads", folder=repository.path):
            raise ServiceError("BranchDoesNotExistException", f"there is no branch {branch}")
        return ""
    if not named:
        raise ServiceError(
            "ParentCommitIdRequiredException", f"{branch} has commits: name its newest, {head}"
        )
    if named != head:
        raise ServiceError("ParentCommitIdOutdatedException", f"the newest commit of {branch} is {head}")
    return head


@dataclass(frozen=True, kw_only=True)
class _Index:
    """The contents of the next commit."""

    repository: Repository
    scratch: Path

    def commit(self, changes: list[Change], *, parent: str, payload: Mapping[str, Any]) -> Made:
        if parent:
            self._git("read-tree", parent)
        before = self._entries()
        for change in changes:
            self._apply(change, before)
        tree, after = self._git("write-tree"), self._entries()
        if parent and tree == git("rev-parse", f"{parent}^{{tree}}", folder=self.repository.path):
            only_one = "fileContent" in payload
            raise ServiceError(
                "SameFileContentException" if only_one else "NoChangeException", "nothing would change"
            )
        known = {**before, **after}
        kinds = {change.path: _kind(change.path, before, after) for change in changes}
        return Made(
            id=self._commit_tree(tree, parent, payload),
            tree=tree,
            blobs={path: known[path][1] for path in kinds},
            modes={path: file_mode(known[path][0]) for path in kinds},
            kinds=kinds,
        )

    def _apply(self, change: Change, before: Mapping[str, tuple[str, str]]) -> None:
        if isinstance(change, Put):
            self._add(change.path, FILE_MODES[change.mode], self._blob(change.content))
            return
        if change.path not in before:
            raise ServiceError("FileDoesNotExistException", f"there is no file {change.path}")
        if isinstance(change, Mode):
            self._add(change.path, FILE_MODES[change.mode], before[change.path][1])
        else:
            self._git("update-index", "--index-info", stdin=f"0 {NO_COMMIT}\t{change.path}\n")

    def _add(self, path: str, mode: str, blob: str) -> None:
        try:
            self._git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        except GitError as error:
            raise ServiceError(
                "FileNameConflictsWithDirectoryNameException", f"git cannot add {path!r}: {error}"
            ) from error

    def _blob(self, content: bytes) -> str:
        file = self.scratch / "content"
        file.write_bytes(content)
        return self._git("hash-object", "-w", "--no-filters", file)

    def _entries(self) -> dict[str, tuple[str, str]]:
        """Mode and blob by path."""
        listed = self._git("ls-files", "--stage", "-z").split("\0")
        rows = (line.partition("\t") for line in listed if line)
        return {path: (facts.split()[0], facts.split()[1]) for facts, _, path in rows}

    def _commit_tree(self, tree: str, parent: str, payload: Mapping[str, Any]) -> str:
        name = payload.get("name") or payload.get("authorName") or IDENTITY["GIT_AUTHOR_NAME"]
        email = payload.get("email") or IDENTITY["GIT_AUTHOR_EMAIL"]
        who = {f"GIT_{role}_NAME": name for role in ("AUTHOR", "COMMITTER")}
        who |= {f"GIT_{role}_EMAIL": email for role in ("AUTHOR", "COMMITTER")}
        message = payload.get("commitMessage") or "Commit by the CodeCommit API"
        parents = ("-p", parent) if parent else ()
        return git(
            "commit-tree", tree, *parents, "-F", "-",
            folder=self.repository.path, environment=who, stdin=message,
        )  # fmt: skip

    def _git(self, *arguments: str | Path, stdin: str = "") -> str:
        environment = {"GIT_INDEX_FILE": str(self.scratch / "index")}
        return git(*arguments, folder=self.repository.path, environment=environment, stdin=stdin)


def _kind(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if path not in after:
        return "deleted"
    return "updated" if path in before else "added"


def _bytes(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ServiceError("SerializationException", "a file's content is not base64") from error
    if len(content) > _LARGEST_FILE:
        raise ServiceError("FileContentSizeLimitExceededException", "a file has at most 6 MB")
    return content


def _shown(repository: Repository, commit: str) -> dict[str, Any]:
    shown = git(
        "log", "--no-walk", "--date=raw", "--format=%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B",
        "--end-of-options", commit, "--",
        folder=repository.path,
    )  # fmt: skip
    tree, parents, *people, message = shown.split("\0", 8)
    return {
        "commitId": commit,
        "treeId": tree,
        "parents": parents.split(),
        "message": message,
        "author": dict(zip(("name", "email", "date"), people[:3], strict=True)),
        "committer": dict(zip(("name", "email", "date"), people[3:], strict=True)),
        "additionalData": "",
    }
