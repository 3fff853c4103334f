"""What a push to the rehearsal says and starts, without an engine behind it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.home import Endpoint, Home
from rehearsal.model.parse import parse
from rehearsal.record.record import Record
from rehearsal.sources.git import git
from rehearsal.sources.project import UNNAMED, adopt, connect_project
from rehearsal.sources.publish import publish
from rehearsal.sources.receive import Update, named, receive
from rehearsal.sources.remote import serve
from rehearsal.sources.repository import Repository

NOWHERE = Endpoint(
    url="http://127.0.0.1:9", pid=os.getpid(), account="111122223333", region="eu-west-1", secret=""
)
ZERO = "0" * 40


def definition(name: str, *, repository: str = "acme/demo", **more: Any) -> Mapping[str, Any]:
    def action(name: str, category: str, provider: str, configuration: Mapping[str, str], **rest: Any) -> Any:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actionTypeId": kind, "configuration": configuration, **rest}

    connection = {"ConnectionArn": "arn:x", "FullRepositoryId": repository, "BranchName": "main"}
    return {
        "name": name,
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "stages": [
            {
                "name": "Source",
                "actions": [
                    action(
                        "App",
                        "Source",
                        "CodeStarSourceConnection",
                        connection,
                        outputArtifacts=[{"name": "S"}],
                    )
                ],
            },
            {"name": "Approve", "actions": [action("Ask", "Approval", "Manual", {})]},
        ],
        **more,
    }


def trigger(**filters: Any) -> list[Mapping[str, Any]]:
    return [
        {
            "providerType": "CodeStarSourceConnection",
            "gitConfiguration": {"sourceActionName": "App", "push": [filters]},
        }
    ]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.of(tmp_path)
    home.publish(NOWHERE)
    return home


@pytest.fixture
def commits(tmp_path: Path, home: Home) -> tuple[str, str]:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "code.py").write_text("1")
    first = publish(folder, home, "acme/demo", "main", dirty=True).revision_id
    (folder / "docs").mkdir()
    (folder / "docs" / "guide.md").write_text("2")
    return first, publish(folder, home, "acme/demo", "main", dirty=True).revision_id


def said(home: Home, *, before: str, after: str, reference: str = "refs/heads/main") -> list[str]:
    update = Update(before=before, after=after, reference=reference)
    return list(receive(home, Repository.of(home, "acme/demo"), update))


def known(home: Home, *definitions: Mapping[str, Any]) -> None:
    for found in definitions:
        Record(home.record).catalogue.save(parse(found, account="111122223333", region="eu-west-1"))


def test_a_push_that_no_pipeline_reads_says_how_to_get_one(home: Home, commits: tuple[str, str]) -> None:
    known(home, definition("other", repository="acme/other"))
    unread, remedy = said(home, before=ZERO, after=commits[1])
    assert unread == "main is stored, but no pipeline here reads acme/demo; deployed are: other"
    assert 'eval "$(slipway env)"; npx cdk deploy' in remedy


def test_a_push_before_any_pipeline_says_that_none_listens_yet(home: Home, commits: tuple[str, str]) -> None:
    listens, rehearse, deploy = said(home, before=ZERO, after=commits[1])
    assert "no pipeline is deployed yet" in listens
    assert "slipway rehearse" in rehearse
    assert "npx cdk deploy" in deploy


def test_each_pipeline_that_does_not_start_says_why(home: Home, commits: tuple[str, str]) -> None:
    known(
        home,
        definition("code-only", triggers=trigger(filePaths={"includes": ["*.py"]})),
        definition("releases", triggers=trigger(tags={"includes": ["v*"]})),
    )
    code, releases = said(home, before=commits[0], after=commits[1])
    assert code.startswith("code-only not started: none of the 1 changed files is let in")
    assert releases.startswith("releases not started: ")
    assert "the filter asks for tags" in releases


def test_a_pipeline_that_is_triggered_but_cannot_start_says_so(home: Home, commits: tuple[str, str]) -> None:
    known(home, definition("demo"))
    first, _ = said(home, before=commits[0], after=commits[1])
    assert first.startswith("demo could not be started: ")
    assert "(App listens to branch 'main')" in first


def test_a_deleted_branch_starts_nothing(home: Home, commits: tuple[str, str]) -> None:
    known(home, definition("demo"))
    assert said(home, before=commits[1], after=ZERO) == ["main was deleted; nothing was started"]


@pytest.mark.parametrize("thing", ["HEAD^{tree}", "HEAD:code.py"])
def test_a_tag_on_what_is_no_commit_starts_nothing(
    home: Home, commits: tuple[str, str], tmp_path: Path, thing: str
) -> None:
    known(home, definition("all-tags", triggers=trigger(tags={"includes": ["*"]})))
    repository = Repository.of(home, "acme/demo")
    git("tag", "odd", thing.replace("HEAD", commits[1]), folder=repository.path)
    tag = git("rev-parse", "refs/tags/odd", folder=repository.path)
    lines = said(home, before=ZERO, after=tag, reference="refs/tags/odd")
    assert lines == ["odd is stored, but it is not a commit; nothing was started"]


def test_the_first_pipeline_gives_the_projects_repository_its_name(home: Home, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    unnamed = connect_project(project, home)
    assert unnamed
    assert (unnamed.name, unnamed.exists) == (UNNAMED, True)
    assert named(home, unnamed).name == UNNAMED

    known(home, definition("demo", repository="acme/first"), definition("zz", repository="acme/second"))

    assert named(home, unnamed).name == "acme/first"
    assert adopt(home, "acme/first").path.resolve() == unnamed.path
    assert not adopt(home, "acme/second").exists
    connected = connect_project(project, home)
    assert connected
    assert connected.name == "acme/first"
    publish(project, home, "acme/first", "main", dirty=True)
    assert unnamed.branch_head("main").id == connected.branch_head("main").id


def test_a_repository_that_was_pushed_under_its_name_is_not_replaced(
    home: Home, commits: tuple[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "app"
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    unnamed = connect_project(project, home)
    known(home, definition("demo"))
    assert unnamed
    assert adopt(home, "acme/demo").branch_head("main").id == commits[1]
    assert named(home, unnamed).name == UNNAMED


def test_a_push_is_told_in_words_that_the_record_cannot_be_read(
    home: Home, tmp_path: Path, commits: tuple[str, str]
) -> None:
    repository = serve(home, "acme/demo", branch="main")
    home.record.write_text("this is no SQLite file, and nobody knows what it was")
    pushed = subprocess.run(
        ["git", "push", "--quiet", repository.path, f"{commits[0]}:refs/heads/other"],
        cwd=repository.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert pushed.returncode == 0, pushed.stderr
    assert "is stored, but no further pipeline was started: file is not a database" in pushed.stderr
    assert "Traceback" not in pushed.stderr
