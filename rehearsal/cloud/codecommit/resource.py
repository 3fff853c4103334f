"""`AWS::CodeCommit::Repository`: created with its first commit if the template has one."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.archive import CODE, unpack
from rehearsal.cloud.codecommit.call import default_branch
from rehearsal.cloud.codecommit.catalogue import Catalogue, Details
from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.model.results import Fidelity, Gap
from rehearsal.sources.dirty import commit_folder
from rehearsal.sources.git import git
from rehearsal.sources.repository import Repository

TYPE = "AWS::CodeCommit::Repository"
_SERVED = (
    "sources that name this repository are served from the local git remote; "
    "its clone addresses do not answer"
)
_NO_TRIGGERS = "its triggers are not called"


@dataclass(frozen=True, kw_only=True)
class RepositoryResource(ResourceHandler):
    """`Ref` is the repository's id, so that a renamed repository stays the same resource."""

    cloud: Cloud

    def create(self, request: ResourceRequest) -> ResourceResult:
        catalogue, properties = self._catalogue(request), request.properties
        details = catalogue.create(
            properties["RepositoryName"],
            description=properties.get("RepositoryDescription", ""),
            tags=_tags(properties),
        )
        if code := properties.get("Code"):
            self._commit(code, catalogue.repository(details.name), request)
        self._note(request)
        return _result(details)

    def update(self, request: ResourceRequest) -> ResourceResult:
        catalogue, properties = self._catalogue(request), request.properties
        details = catalogue.by_id(request.physical_id)
        if details is None:
            return self.create(request)
        if details.name != properties["RepositoryName"]:
            details = catalogue.rename(details, properties["RepositoryName"])
        description = properties.get("RepositoryDescription", "")
        catalogue.change(details, description=description, tags=_tags(properties))
        return _result(details)

    def delete(self, request: ResourceRequest) -> None:
        catalogue = self._catalogue(request)
        if details := catalogue.by_id(request.physical_id):
            catalogue.delete(details.name)

    def _catalogue(self, request: ResourceRequest) -> Catalogue:
        return Catalogue(home=self.cloud.home, account=request.account, region=request.region)

    def _commit(self, code: Mapping[str, Any], repository: Repository, request: ResourceRequest) -> None:
        if default_branch(repository):
            return  # a push created it before its stack was deployed
        branch, place = code.get("BranchName", "main"), code["S3"]
        s3 = self.cloud.session(account=request.account, region=request.region).client("s3")
        with tempfile.TemporaryDirectory() as scratch:
            archive, folder = Path(scratch) / "code.zip", Path(scratch) / repository.name
            s3.download_file(place["Bucket"], place["Key"], str(archive))
            unpack(archive, folder, limit=CODE)
            commit = commit_folder(folder, into=repository.path, branch=branch)
        git("update-ref", f"refs/heads/{branch}", commit, folder=repository.path)
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}", folder=repository.path)

    def _note(self, request: ResourceRequest) -> None:
        for reason in (_SERVED, *((_NO_TRIGGERS,) if request.properties.get("Triggers") else ())):
            gap = Gap(subject=TYPE, fidelity=Fidelity.RECORDED, reason=reason)
            self.cloud.gaps.note(gap, stack=request.stack_name)


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}


def _result(details: Details) -> ResourceResult:
    return ResourceResult(
        physical_id=details.id,
        attributes={
            "Arn": details.arn,
            "Name": details.name,
            "RepositoryId": details.id,
            "CloneUrlHttp": details.clone_url("https"),
            "CloneUrlSsh": details.clone_url("ssh"),
        },
    )
