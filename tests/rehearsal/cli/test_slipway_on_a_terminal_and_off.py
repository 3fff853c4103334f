"""`slipway rehearse` as a process: what it asks on a terminal, what it does without one, how it ends."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.home import Home
from rehearsal.model.options import ExecutionOptions
from rehearsal.record.record import Record
from tests.patience import PATIENCE, until
from tests.rehearsal.cli.command import SLIPWAY

SOURCE = {
    "ConnectionArn": "arn:aws:codeconnections:us-east-1:000000000000:connection/one",
    "FullRepositoryId": "example/shop",
    "BranchName": "main",
}


@dataclass(frozen=True)
class Shop:
    """A repository whose pipeline waits for a person and does nothing else; no CDK anywhere."""

    folder: Path

    def slipway(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SLIPWAY, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def on_a_terminal(self, *arguments: str, answer: Callable[[], str]) -> tuple[int, str]:
        """The exit code and all that was shown, what `answer` says given when the question is asked."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execv(SLIPWAY, [SLIPWAY, *arguments])  # noqa: S606 - a shell would only be in between
        shown, end = "", time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):  # a terminal whose last process has ended answers with one
            while select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                if not (read := os.read(terminal, 4096)):
                    break
                asked = "Approve?" in shown
                shown += read.decode(errors="replace")
                if "Approve?" in shown and not asked:
                    os.write(terminal, f"{answer()}\n".encode())
        os.close(terminal)  # whoever still waits for an answer gets a hang-up
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), shown

    def has_succeeded(self) -> bool:
        """Whether the newest execution has."""
        return bool(json.loads(self.slipway("status", "--json").stdout)["status"] == "Succeeded")

    def create_pipelines(self) -> None:
        variables = json.loads(self.slipway("env", "--json").stdout)
        aws = boto3.session.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_REGION"],
        )
        clients: dict[str, Any] = {
            name: aws.client(name, endpoint_url=variables["AWS_ENDPOINT_URL"])
            for name in ("codepipeline", "iam", "s3")
        }
        clients["s3"].create_bucket(Bucket="artifacts")
        clients["s3"].put_object(
            Bucket="artifacts", Key="report.html", Body=b"<p>what changes</p>", ContentType="text/html"
        )
        report = clients["s3"].generate_presigned_url(
            "get_object", Params={"Bucket": "artifacts", "Key": "report.html"}
        )
        comment = {
            "CustomData": "Prod: DATA LOST: Store is replaced; 2 changed",
            "ExternalEntityLink": report,
        }
        role = _role(clients["iam"])
        deploy = {
            "ActionMode": "CREATE_UPDATE",
            "StackName": "odd",
            "RoleArn": role,
            "TemplatePath": "Code::odd.yaml",
        }
        gates = {
            "shop": _action("Ok", "Approval", "Manual", comment),
            "x": _action("Ok", "Approval", "Manual", {}),
            "odd": {
                **_action("Ok", "Deploy", "CloudFormation", deploy),
                "inputArtifacts": [{"name": "Code"}],
            },
        }
        for name, gate in gates.items():
            source = _action("Source", "Source", "CodeStarSourceConnection", SOURCE)
            source["outputArtifacts"] = [{"name": "Code"}]
            stages = [("Source", source), ("Gate", gate)]
            clients["codepipeline"].create_pipeline(
                pipeline={
                    "name": name,
                    "roleArn": role,
                    "artifactStore": {"type": "S3", "location": "artifacts"},
                    "pipelineType": "V2",
                    "variables": [{"name": "REPAIR", "defaultValue": "none"}],
                    "stages": [{"name": stage, "actions": [action]} for stage, action in stages],
                }
            )


def _action(name: str, category: str, provider: str, configuration: dict[str, str]) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration}


def _role(iam: Any) -> str:
    services = ["codepipeline.amazonaws.com", "cloudformation.amazonaws.com"]
    trusts = {"Effect": "Allow", "Principal": {"Service": services}}
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = iam.create_role(
        RoleName="pipeline", AssumeRolePolicyDocument=_policy({**trusts, "Action": "sts:AssumeRole"})
    )
    iam.put_role_policy(RoleName="pipeline", PolicyName="all", PolicyDocument=_policy(may))
    return str(role["Role"]["Arn"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from _opened(Shop(tmp_path_factory.mktemp("shop")))


@pytest.fixture
def closed_shop(tmp_path: Path) -> Iterator[Shop]:
    """One whose embedded AWS does not run: a rehearsal starts it, and stops it at its end."""
    for shop in _opened(Shop(tmp_path)):
        assert shop.slipway("down").returncode == 0
        yield shop


def _opened(shop: Shop) -> Iterator[Shop]:
    (shop.folder / "odd.yaml").write_text("Resources: {Thing: {Type: 'AWS::Nowhere::Thing'}}\n")
    person = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*person, "commit", "-q", "-m", "Open"]):
        subprocess.run(["git", *command], cwd=shop.folder, check=True)
    up = shop.slipway("up")
    assert up.returncode == 0, (up.stdout, up.stderr)
    shop.create_pipelines()
    yield shop
    shop.slipway("down")


def test_a_person_who_says_yes_lets_it_go_on(shop: Shop) -> None:
    code, shown = shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=lambda: "y")
    assert code == 0, shown
    assert "waits for your approval" in shown
    assert "Succeeded" in shown


def test_the_prompt_names_the_changes_and_saves_the_page_that_the_approval_links_to(shop: Shop) -> None:
    code, shown = shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=lambda: "y")
    assert code == 0, shown
    lines = [line.strip() for line in shown.partition("waits for your approval.")[2].splitlines()]
    assert lines[1:3] == ["Prod: DATA LOST: Store is replaced", "2 changed"]
    assert lines[3].startswith("Read: file:///")
    page = Path(lines[3].removeprefix("Read: file://"))
    assert page.is_relative_to(shop.folder / ".slipway/approvals")
    assert page.read_text() == "<p>what changes</p>"


def test_a_person_who_says_no_ends_it(shop: Shop) -> None:
    code, shown = shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=lambda: "n")
    assert code == 1, shown
    assert "Failed" in shown


def test_whoever_answers_first_decides(shop: Shop) -> None:
    def approve_elsewhere() -> str:
        assert shop.slipway("approve", "Ok").returncode == 0
        return "n"

    code, shown = shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=approve_elsewhere)
    assert code == 0, shown
    assert "this approval was already approved" in shown


def test_without_a_terminal_it_waits_and_says_how_to_answer(shop: Shop) -> None:
    waiting = shop.slipway("rehearse", "--pipeline", "shop")
    assert waiting.returncode == 3, (waiting.stdout, waiting.stderr)
    assert "slipway approve 'Ok'" in waiting.stdout
    assert "  Prod: DATA LOST: Store is replaced\n" in waiting.stdout
    assert shop.slipway("approve", "Ok").returncode == 0
    until(shop.has_succeeded, "the approved execution did not end")


def test_said_beforehand_it_needs_nobody(shop: Shop) -> None:
    done = shop.slipway("rehearse", "--pipeline", "shop", "--approve", "Ok", "--json")
    assert done.returncode == 0, (done.stdout, done.stderr)
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["status"], report["pipeline"]) == ("Succeeded", "shop")
    assert [stage["name"] for stage in report["stages"]] == ["Source", "Gate"]


def test_a_variable_goes_with_the_execution_that_was_started(shop: Shop) -> None:
    reason = 'because="queues" are full'
    command = ("rehearse", "--pipeline", "shop", "--approve", "Ok", "--json")
    done = shop.slipway(*command, "--variable", f"REPAIR={reason}")
    assert done.returncode == 0, (done.stdout, done.stderr)
    execution = json.loads(done.stdout.splitlines()[-1])["execution_id"]
    record = Record(Home.of(shop.folder).record)
    assert dict(record.run(execution).variables) == {"REPAIR": reason}
    unknown = shop.slipway(*command, "--variable", "MOOD=good")
    assert unknown.returncode == 2, unknown.stderr
    assert "declares no variable 'MOOD'" in unknown.stderr
    assert "one of: REPAIR" in unknown.stderr


def test_two_rehearsals_at_once_have_their_own_options(shop: Shop) -> None:
    asked = [("--bake", "5", "--no-reuse"), ("--bake", "real")]
    command = [SLIPWAY, "rehearse", "--pipeline", "shop", "--approve", "Ok", "--json"]
    running = [
        subprocess.Popen([*command, *options], cwd=shop.folder, stdout=subprocess.PIPE, text=True)
        for options in asked
    ]
    reports = [json.loads(found.communicate()[0].splitlines()[-1]) for found in running]
    assert [found.returncode for found in running] == [0, 0], reports
    record = Record(Home.of(shop.folder).record)
    options = [record.run(report["execution_id"]).options for report in reports]
    assert options == [
        ExecutionOptions(bake_seconds=5, reuse_builds=False),
        ExecutionOptions(bake_seconds=None),
    ]


def test_the_report_counts_the_gaps_that_slipway_gaps_lists(closed_shop: Shop) -> None:
    """The embedded AWS has stopped with the rehearsal; the gaps are known all the same."""
    done = closed_shop.slipway("rehearse", "--pipeline", "shop", "--approve", "Ok")
    assert done.returncode == 0, (done.stdout, done.stderr)
    found = json.loads(closed_shop.slipway("gaps", "--json").stdout)
    subjects = [gap["subject"] for gap in found]
    assert "source example/shop" in subjects
    of_iam = sum(subject.startswith("IAM: ") for subject in subjects)
    assert of_iam > 1
    assert f"IAM ({of_iam} of them): " in done.stdout
    assert f"`slipway gaps` lists all {len(found)}" in done.stdout
    listed = closed_shop.slipway("gaps").stdout.splitlines()
    assert listed == [f"{gap['fidelity']:<9} {gap['subject']}: {gap['reason']}" for gap in found]
    assert closed_shop.slipway("gaps", "no-such-execution").returncode != 0


def test_an_embedded_aws_that_is_killed_is_named_and_what_waited_waits_again(shop: Shop) -> None:
    def kill_once_saved() -> str:
        roles = shop.folder / ".slipway/state/services/iam.json"
        until(lambda: roles.exists() and "role/pipeline" in roles.read_text(), "the role was not saved")
        os.kill(json.loads((shop.folder / ".slipway/endpoint.json").read_text())["pid"], signal.SIGKILL)
        return "y"

    code, shown = shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=kill_once_saved)
    assert code == 1, shown
    assert "the embedded AWS ended while it was in use" in shown
    assert "Traceback" not in shown
    for command in ("env", "approve"):
        gone = shop.slipway(command)
        assert gone.returncode == 2
        assert "no embedded AWS is running" in gone.stderr
    halted = shop.slipway("status").stdout
    assert "Halted: the embedded AWS is not running. `slipway up` resumes what can be resumed." in halted
    assert "InProgress" not in halted
    assert json.loads(shop.slipway("status", "--json").stdout)["status"] == "Halted"
    assert shop.slipway("up").returncode == 0
    assert shop.slipway("approve", "Ok").returncode == 0
    until(shop.has_succeeded, "the approved execution did not end")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bake", "soon"], "neither seconds nor `real`"),
        (["--pipeline", "none"], "one of: "),
        (["nowhere-at-all"], "nowhere-at-all"),
        (["--colour"], "No such option"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(shop: Shop, arguments: list[str], said: str) -> None:
    done = shop.slipway("rehearse", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    done = shop.slipway("rehearse", "--json", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    [line] = done.stdout.splitlines()
    ending = json.loads(line)
    assert ending["status"] == "Error"
    assert said in ending["error"] + ending["remedy"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_what_the_rehearsal_started(closed_shop: Shop, number: signal.Signals) -> None:
    saved = closed_shop.folder / ".slipway/endpoint.json"
    daemons: list[int] = []

    def end() -> str:
        daemons.append(json.loads(saved.read_text())["pid"])
        children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        [rehearsal] = [
            pid for pid in children if b"\0rehearse\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(int(rehearsal), number)
        return ""

    code, shown = closed_shop.on_a_terminal("rehearse", "--pipeline", "shop", answer=end)
    assert code == 128 + number, shown
    assert "Traceback" not in shown
    assert not saved.exists()
    until(lambda: not _runs(daemons[0]), "the embedded AWS still runs")


def _runs(pid: int) -> bool:
    """Not so a zombie: in a container, nobody may ever fetch its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_pipeline_whose_name_has_one_letter_is_rehearsed(shop: Shop) -> None:
    done = shop.slipway("rehearse", "--pipeline", "x", "--approve", "Ok")
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_what_is_not_rehearsed_is_named(shop: Shop) -> None:
    done = shop.slipway("rehearse", "--pipeline", "odd")
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "AWS::Nowhere::Thing" in done.stdout
