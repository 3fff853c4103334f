"""The repositories of each account and region, and CodeCommit's data about them."""

import json
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rehearsal.emulator.extension import ServiceError
from rehearsal.home import Home
from rehearsal.locks import exclusive
from rehearsal.sources.git import GitError, git
from rehearsal.sources.remote import serve
from rehearsal.sources.repository import Repository, SourceError

_SETTING = "slipway.codecommit"
_FIRST_BRANCH = "main"


@dataclass(frozen=True, kw_only=True)
class Details:
    """Data about a repository that git does not store."""

    account: str
    region: str
    name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    description: str = ""
    created: float = field(default_factory=time.time)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:codecommit:{self.region}:{self.account}:{self.name}"

    def clone_url(self, scheme: str) -> str:
        return f"{scheme}://git-codecommit.{self.region}.amazonaws.com/v1/repos/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    home: Home
    account: str
    region: str

    def create(self, name: str, *, description: str = "", tags: Mapping[str, str] | None = None) -> Details:
        with self._locked():
            found = self._read(self._repository(name))
            if found is not None:
                raise ServiceError("RepositoryNameExistsException", f"{name} already exists")
            details = Details(
                account=self.account, region=self.region, name=name, description=description, tags=tags or {}
            )
            self._write(serve(self.home, name, branch=_FIRST_BRANCH), details)
        return details

    def details(self, name: str) -> Details:
        found = self._read(self._repository(name))
        if found is None or (found.account, found.region) != (self.account, self.region):
            raise ServiceError("RepositoryDoesNotExistException", f"{name} does not exist")
        return found

    def repository(self, name: str) -> Repository:
        """The git repository; raises RepositoryDoesNotExistException."""
        self.details(name)
        return self._repository(name)

    def all(self) -> list[Details]:
        found = sorted(self._all(), key=lambda details: details.name)
        return [each for each in found if (each.account, each.region) == (self.account, self.region)]

    def by_id(self, repository_id: str) -> Details | None:
        return next((found for found in self.all() if found.id == repository_id), None)

    def by_arn(self, arn: str) -> Details:
        for found in self.all():
            if found.arn == arn:
                return found
        raise ServiceError("RepositoryDoesNotExistException", f"{arn} does not exist")

    def change(self, details: Details, **changes: Any) -> None:
        with self._locked():
            self._write(self._repository(details.name), replace(details, **changes))

    def rename(self, details: Details, name: str) -> Details:
        with self._locked():
            target = self._repository(name)
            if target.exists:
                raise ServiceError("RepositoryNameExistsException", f"{name} already exists")
            self._repository(details.name).path.rename(target.path)
            renamed = replace(details, name=name)
            self._write(target, renamed)
        return renamed

    def delete(self, name: str) -> str | None:
        """Delete the repository and return its id; None if it did not exist."""
        with self._locked():
            try:
                found = self.details(name)
            except ServiceError:
                return None
            path = self._repository(name).path
            if path.is_symlink():  # a link to the project's own repository, which also has this name
                git("config", "--unset-all", _SETTING, folder=path)
                path.unlink()
            else:
                shutil.rmtree(path)
            return found.id

    def _all(self) -> Iterator[Details]:
        for path in self.home.git.glob("*.git"):
            found = self._read(Repository.of(self.home, path.name.removesuffix(".git")))
            if found is not None:
                yield found

    def _repository(self, name: str) -> Repository:
        try:
            return Repository.of(self.home, name)
        except SourceError as error:
            raise ServiceError("InvalidRepositoryNameException", str(error)) from error

    def _read(self, repository: Repository) -> Details | None:
        if not repository.exists:
            return None
        try:
            return Details(**json.loads(git("config", "--get", _SETTING, folder=repository.path)))
        except GitError:
            return None

    def _write(self, repository: Repository, details: Details) -> None:
        git("config", _SETTING, json.dumps(asdict(details)), folder=repository.path)

    def _locked(self) -> AbstractContextManager[None]:
        self.home.create()
        return exclusive(self.home.root / "codecommit.lock")
