"""The `codecommit` service on the embedded AWS's endpoint, and `AWS::CodeCommit::Repository` in stacks."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rehearsal.cloud.codecommit import branches, commits, files, repositories
from rehearsal.cloud.codecommit.call import Answer, Call
from rehearsal.cloud.codecommit.catalogue import Catalogue
from rehearsal.cloud.codecommit.resource import RepositoryResource
from rehearsal.emulator.api_model import ApiModel
from rehearsal.emulator.extension import Cloud, ServiceError, ServiceRequest
from rehearsal.home import Home
from rehearsal.sources.receive import Update, receive
from rehearsal.sources.repository import Repository

OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {
    "CreateRepository": repositories.create_repository,
    "GetRepository": repositories.get_repository,
    "BatchGetRepositories": repositories.batch_get_repositories,
    "ListRepositories": repositories.list_repositories,
    "DeleteRepository": repositories.delete_repository,
    "UpdateRepositoryDescription": repositories.update_repository_description,
    "ListTagsForResource": repositories.list_tags_for_resource,
    "TagResource": repositories.tag_resource,
    "UntagResource": repositories.untag_resource,
    "ListBranches": branches.list_branches,
    "GetBranch": branches.get_branch,
    "CreateBranch": branches.create_branch,
    "DeleteBranch": branches.delete_branch,
    "UpdateDefaultBranch": branches.update_default_branch,
    "GetCommit": commits.get_commit,
    "CreateCommit": commits.create_commit,
    "PutFile": commits.put_file,
    "DeleteFile": commits.delete_file,
    "GetFile": files.get_file,
    "GetFolder": files.get_folder,
}
API = ApiModel(service="codecommit", code="ValidationException")
_log = logging.getLogger("rehearsal.cloud.codecommit")


def attach(cloud: Cloud) -> None:
    cloud.register_service(
        "codecommit",
        target_prefix="CodeCommit_20150413",
        handler=API.handler(Service(home=cloud.home).answer),
        iam_namespace="codecommit",
        resource_arn=API.resource_arn(resource_arn),
    )
    cloud.register_resource("AWS::CodeCommit::Repository", RepositoryResource(cloud=cloud))


@dataclass(frozen=True, kw_only=True)
class Service:
    home: Home

    def answer(self, request: ServiceRequest) -> Answer:
        operation = OPERATIONS.get(request.operation)
        if operation is None:
            raise ServiceError(
                "ValidationException",
                f"the rehearsal does not support {request.operation}; docs/rehearsal.md lists what it serves",
            )
        catalogue = Catalogue(home=self.home, account=request.account, region=request.region)
        return operation(Call(payload=request.payload, catalogue=catalogue, pushed=self._pushed))

    def _pushed(self, repository: Repository, branch: str, before: str, after: str) -> None:
        """Start the pipelines that read this branch, as after a push."""
        update = Update(before=before, after=after, reference=f"refs/heads/{branch}")
        for line in receive(self.home, repository, update):
            _log.info("%s: %s", repository.name, line)


def resource_arn(request: ServiceRequest) -> str:
    if arn := request.payload.get("resourceArn"):
        return str(arn)
    name = request.payload.get("repositoryName")
    return f"arn:aws:codecommit:{request.region}:{request.account}:{name}" if name else "*"
