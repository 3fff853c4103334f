"""CodeCommit by boto3 on a real embedded AWS: what is committed is what source actions would read."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import httpx
import pytest

from rehearsal.emulator.api_model import service_model
from rehearsal.home import Home
from rehearsal.sources.repository import Repository
from tests.patience import until
from tests.rehearsal.api.conftest import action, furnished
from tests.rehearsal.api_fuzz import Fuzz, Wire, complaints
from tests.rehearsal.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_codecommit import CodeCommitClient

    from rehearsal.home import Endpoint


@pytest.fixture
def codecommit(aws: boto3.session.Session) -> CodeCommitClient:
    return aws.client("codecommit")


@pytest.fixture
def name(codecommit: CodeCommitClient) -> str:
    created = codecommit.create_repository(repositoryName=f"shop-{uuid4().hex[:8]}")
    return created["repositoryMetadata"]["repositoryName"]


def put(codecommit: CodeCommitClient, repository: str, path: str, content: bytes, **more: Any) -> str:
    put = codecommit.put_file(
        repositoryName=repository, branchName="main", filePath=path, fileContent=content, **more
    )
    return put["commitId"]


def refused(code: str, call: Any, **arguments: Any) -> None:
    with pytest.raises(Exception, match=code) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code  # type: ignore[attr-defined]
    assert caught.value.response["Error"]["Message"]  # type: ignore[attr-defined]


def test_a_repository_is_created_described_listed_tagged_and_deleted(codecommit: CodeCommitClient) -> None:
    name = f"shop-{uuid4().hex[:8]}"
    made = codecommit.create_repository(
        repositoryName=name, repositoryDescription="of the shop", tags={"team": "shop"}
    )["repositoryMetadata"]
    assert made["Arn"] == f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}"
    assert made["cloneUrlHttp"] == f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{name}"
    assert "defaultBranch" not in made
    refused("RepositoryNameExistsException", codecommit.create_repository, repositoryName=name)
    codecommit.update_repository_description(repositoryName=name, repositoryDescription="new")
    found = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert (found["repositoryDescription"], found["repositoryId"]) == ("new", made["repositoryId"])
    pages = codecommit.get_paginator("list_repositories").paginate()
    assert made["repositoryId"] in [each["repositoryId"] for page in pages for each in page["repositories"]]
    codecommit.tag_resource(resourceArn=made["Arn"], tags={"cost": "1"})
    codecommit.untag_resource(resourceArn=made["Arn"], tagKeys=["team"])
    assert codecommit.list_tags_for_resource(resourceArn=made["Arn"])["tags"] == {"cost": "1"}
    both = codecommit.batch_get_repositories(repositoryNames=[name, "nothing"])
    assert [each["repositoryName"] for each in both["repositories"]] == [name]
    assert both["repositoriesNotFound"] == ["nothing"]
    assert codecommit.delete_repository(repositoryName=name)["repositoryId"] == made["repositoryId"]
    refused("RepositoryDoesNotExistException", codecommit.get_repository, repositoryName=name)
    assert "repositoryId" not in codecommit.delete_repository(repositoryName=name)


def test_another_account_does_not_see_it(cloud: Endpoint, name: str) -> None:
    from rehearsal.daemon import client

    other = client.session(cloud, account="222233334444").client("codecommit")
    refused("RepositoryDoesNotExistException", other.get_repository, repositoryName=name)
    assert name not in [each["repositoryName"] for each in other.list_repositories()["repositories"]]


def test_a_file_is_what_a_source_action_reads(
    codecommit: CodeCommitClient, cloud_home: Home, name: str
) -> None:
    content = bytes(range(256))
    first = put(codecommit, name, "/src/data.bin", content, name="Ada", email="ada@example.com")
    assert Repository.of(cloud_home, name).branch_head("main").id == first
    found = codecommit.get_file(repositoryName=name, filePath="src/data.bin")
    assert (found["fileContent"], found["fileMode"], found["commitId"]) == (content, "NORMAL", first)
    commit = codecommit.get_commit(repositoryName=name, commitId=first)["commit"]
    assert (commit["author"]["name"], commit["parents"]) == ("Ada", [])
    shown = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert shown["defaultBranch"] == "main"
    second = put(codecommit, name, "run.sh", b"echo", parentCommitId=first, fileMode="EXECUTABLE")
    folder = codecommit.get_folder(repositoryName=name, folderPath="/")
    assert [each["absolutePath"] for each in folder["subFolders"]] == ["src"]
    assert [(each["relativePath"], each["fileMode"]) for each in folder["files"]] == [
        ("run.sh", "EXECUTABLE")
    ]
    third = codecommit.delete_file(
        repositoryName=name, branchName="main", filePath="run.sh", parentCommitId=second
    )["commitId"]
    refused("FileDoesNotExistException", codecommit.get_file, repositoryName=name, filePath="run.sh")
    older = codecommit.get_file(repositoryName=name, filePath="run.sh", commitSpecifier=second)
    assert older["fileContent"] == b"echo"
    assert codecommit.get_branch(repositoryName=name, branchName="main")["branch"]["commitId"] == third


def test_a_commit_of_many_files_says_what_it_did(codecommit: CodeCommitClient, name: str) -> None:
    first = put(codecommit, name, "old.txt", b"1")
    made = codecommit.create_commit(
        repositoryName=name,
        branchName="main",
        parentCommitId=first,
        putFiles=[{"filePath": "a/b.txt", "fileContent": b"x"}, {"filePath": "c.txt", "fileContent": b"y"}],
        deleteFiles=[{"filePath": "old.txt"}],
    )
    assert [each["absolutePath"] for each in made["filesAdded"]] == ["a/b.txt", "c.txt"]
    assert [each["absolutePath"] for each in made["filesDeleted"]] == ["old.txt"]
    assert made["filesUpdated"] == []


def test_branches(codecommit: CodeCommitClient, name: str) -> None:
    head = put(codecommit, name, "f", b"1")
    codecommit.create_branch(repositoryName=name, branchName="feature/one", commitId=head)
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["feature/one", "main"]
    refused(
        "DefaultBranchCannotBeDeletedException",
        codecommit.delete_branch,
        repositoryName=name,
        branchName="main",
    )
    codecommit.update_default_branch(repositoryName=name, defaultBranchName="feature/one")
    gone = codecommit.delete_branch(repositoryName=name, branchName="main")
    assert gone["deletedBranch"] == {"branchName": "main", "commitId": head}
    for branch in ("a..b", "-x", "x.lock", "a b", "@{1}"):
        refused(
            "InvalidBranchNameException",
            codecommit.create_branch,
            repositoryName=name,
            branchName=branch,
            commitId=head,
        )


def test_of_many_commits_on_one_parent_one_is_taken(codecommit: CodeCommitClient, name: str) -> None:
    parent = put(codecommit, name, "f", b"0")
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            put(codecommit, name, f"f{number}", b"1", parentCommitId=parent)
            outcomes.append("taken")
        except codecommit.exceptions.ParentCommitIdOutdatedException:
            outcomes.append("outdated")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["outdated"] * 7 + ["taken"]


@pytest.mark.parametrize(
    "path", ["../out", "a/../../out", ".git/config", "a/.GIT/hooks/x", "a//b", "", "/", ".", "a/./b"]
)
def test_a_path_that_leaves_the_repository_is_refused(
    codecommit: CodeCommitClient, name: str, path: str
) -> None:
    refused(
        "InvalidPathException",
        codecommit.put_file,
        repositoryName=name,
        branchName="main",
        filePath=path,
        fileContent=b"x",
    )


def test_what_would_change_nothing_or_is_outdated_is_refused(codecommit: CodeCommitClient, name: str) -> None:
    head = put(codecommit, name, "f", b"1")
    for code, arguments in (
        ("SameFileContentException", {"filePath": "f", "fileContent": b"1", "parentCommitId": head}),
        ("ParentCommitIdRequiredException", {"filePath": "f", "fileContent": b"2"}),
        (
            "ParentCommitIdOutdatedException",
            {"filePath": "f", "fileContent": b"2", "parentCommitId": "a" * 40},
        ),
        (
            "FileNameConflictsWithDirectoryNameException",
            {"filePath": "f/g", "fileContent": b"2", "parentCommitId": head},
        ),
    ):
        refused(code, codecommit.put_file, repositoryName=name, branchName="main", **arguments)
    refused("FileDoesNotExistException", codecommit.get_file, repositoryName=name, filePath="*")


def test_a_stack_creates_renames_and_deletes_a_repository_with_its_first_commit(
    aws: boto3.session.Session, codecommit: CodeCommitClient
) -> None:
    unique = uuid4().hex[:8]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", "print(1)")
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    s3.create_bucket(Bucket=f"code-{unique}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=f"code-{unique}", Key="code.zip", Body=archive.getvalue())

    def template(name: str) -> str:
        properties = {
            "RepositoryName": name,
            "Code": {"S3": {"Bucket": f"code-{unique}", "Key": "code.zip"}, "BranchName": "trunk"},
        }
        resource = {"Type": "AWS::CodeCommit::Repository", "Properties": properties}
        return json.dumps({"Resources": {"Repo": resource}, "Outputs": {"Id": {"Value": {"Ref": "Repo"}}}})

    stack = f"repo-{unique}"
    cloudformation.create_stack(StackName=stack, TemplateBody=template(f"one-{unique}"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    found = codecommit.get_file(repositoryName=f"one-{unique}", filePath="app.py")
    assert found["fileContent"] == b"print(1)"
    before = codecommit.get_repository(repositoryName=f"one-{unique}")["repositoryMetadata"]
    assert before["defaultBranch"] == "trunk"
    cloudformation.update_stack(StackName=stack, TemplateBody=template(f"two-{unique}"))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    after = codecommit.get_repository(repositoryName=f"two-{unique}")["repositoryMetadata"]
    assert after["repositoryId"] == before["repositoryId"]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    refused("RepositoryDoesNotExistException", codecommit.get_repository, repositoryName=f"two-{unique}")


def test_a_role_may_do_only_what_its_policy_grants_on_that_repository(
    aws: boto3.session.Session, cloud: Endpoint, codecommit: CodeCommitClient, name: str
) -> None:
    iam, role = aws.client("iam"), f"reader-{uuid4().hex[:8]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    may = {
        "Effect": "Allow",
        "Action": "codecommit:GetBranch",
        "Resource": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}",
    }
    document = {"Version": "2012-10-17"}
    made = iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({**document, "Statement": [trust]})
    )["Role"]
    iam.put_role_policy(
        RoleName=role, PolicyName="read", PolicyDocument=json.dumps({**document, "Statement": [may]})
    )
    lent = aws.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="test")["Credentials"]
    reader: CodeCommitClient = boto3.client(
        "codecommit",
        endpoint_url=cloud.url,
        region_name=REGION,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )
    put(codecommit, name, "f", b"1")
    assert reader.get_branch(repositoryName=name, branchName="main")["branch"]["branchName"] == "main"
    refused("AccessDeniedException", reader.list_branches, repositoryName=name)


def test_no_input_is_a_server_s_error(
    aws: boto3.session.Session, cloud: Endpoint, codecommit: CodeCommitClient, name: str
) -> None:
    """What deletes comes last, so that the others have something to be about."""
    model = service_model("codecommit")
    allowed = {shape.name for shape in model.error_shapes}
    allowed |= {"SerializationException", "UnknownOperationException", "ValidationException"}
    head = put(codecommit, name, "f", b"1")
    known: dict[str, list[Any]] = {
        "repositoryName": [name, "nobody"],
        "branchName": ["main", "none"],
        "commitId": [head, "x"],
        "parentCommitId": [head],
        "filePath": ["f", "../g"],
        "resourceArn": [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}"],
    }
    fuzz = Fuzz(service="codecommit", target="CodeCommit_20150413", known=known)
    operations = sorted(model.operation_names, key=lambda operation: operation.startswith("Delete"))
    with httpx.Client(timeout=60) as client:
        wire = Wire(endpoint=cloud, session=aws, fuzz=fuzz, client=client)
        found = [complaints(wire, operation, count=20, allowed=allowed) for operation in operations]
    assert [complaint for complaints_ in found for complaint in complaints_] == []


def test_the_folder_of_a_deleted_repository_is_gone(
    codecommit: CodeCommitClient, cloud_home: Home, name: str
) -> None:
    path: Path = Repository.of(cloud_home, name).path
    assert path.exists()
    codecommit.delete_repository(repositoryName=name)
    assert not path.exists()


def test_a_file_that_is_put_starts_the_pipeline_that_reads_its_branch(
    cloud: Endpoint, aws: boto3.session.Session, codecommit: CodeCommitClient, name: str
) -> None:
    yard = furnished(cloud, aws)
    source, deploy = yard.declaration()["stages"]
    read = action("Src", "Source", "CodeCommit", outputs=["Code"])
    read["configuration"] = {"RepositoryName": name, "BranchName": "main"}
    head = put(codecommit, name, "app.py", b"1")
    yard.create(stages=[{**source, "actions": [read]}, {**deploy, "actions": deploy["actions"][:1]}])
    head = put(codecommit, name, "app.py", b"2", parentCommitId=head)

    def revisions() -> list[str]:
        listed = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)
        runs = listed["pipelineExecutionSummaries"]
        return [source["revisionId"] for run in runs for source in run.get("sourceRevisions", [])]

    until(lambda: head in revisions(), "no execution of the new commit started")
