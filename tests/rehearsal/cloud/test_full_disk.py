"""A daemon that can no longer write: nothing is acknowledged that is not on disk, and the end says so.

No file may grow beyond a limit here, which the kernel enforces for anybody's process: what a full disk
does, without one.
"""

import contextlib
import json
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.rehearsal.cli.command import SLIPWAY

ONCE = Config(retries={"max_attempts": 0})
ENOUGH_FOR_A_NOTE = 4096


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / ".slipway")
    yield home
    client.stop(home)


@contextlib.contextmanager
def full_disk(endpoint: Endpoint) -> Iterator[None]:
    before = resource.prlimit(endpoint.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(endpoint.pid, resource.RLIMIT_FSIZE, (ENOUGH_FOR_A_NOTE, before[1]))
    yield
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(endpoint.pid, resource.RLIMIT_FSIZE, before)


def slipway(command: str, home: Home) -> "subprocess.CompletedProcess[str]":
    options = ["--json"] if command == "up" else []
    return subprocess.run(
        [SLIPWAY, command, "--project", str(home.root.parent), *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_cannot_be_written_is_not_acknowledged(home: Home) -> None:
    endpoint = client.start(home, account="111122223333", region="us-east-1")
    session = client.session(endpoint)
    s3, ssm = (session.client(name, config=ONCE) for name in ("s3", "ssm"))
    s3.create_bucket(Bucket="store")
    s3.put_object(Bucket="store", Key="kept", Body=b"small")
    with full_disk(endpoint):
        with pytest.raises(ClientError, match="InternalError") as refused:
            s3.put_object(Bucket="store", Key="lost", Body=b"x" * 10_000)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        with pytest.raises(ClientError, match=r"InternalFailure.*cannot write its state"):
            ssm.put_parameter(Name="/lost", Value="x" * 4000, Type="String")
        assert s3.get_object(Bucket="store", Key="kept")["Body"].read() == b"small"
    ssm.put_parameter(Name="/kept", Value="x" * 4000, Type="String")
    s3.put_object(Bucket="store", Key="later", Body=b"x" * 10_000)
    ending = client.stop(home)
    assert ending is not None
    assert ending.problems == ()


def test_down_says_what_it_could_not_save_and_the_next_start_says_it_again(home: Home) -> None:
    endpoint = client.start(home, account="111122223333", region="us-east-1")
    ssm = client.session(endpoint).client("ssm", config=ONCE)
    ssm.put_parameter(Name="/kept", Value="here", Type="String")
    with full_disk(endpoint):
        with pytest.raises(ClientError):
            ssm.put_parameter(Name="/lost", Value="x" * 4000, Type="String")
        done = slipway("down", home)
    assert done.returncode == 1
    assert "not everything could be saved: ssm:" in done.stderr
    assert "The state is kept" not in done.stdout
    told = json.loads(slipway("up", home).stdout.splitlines()[-1])["settled"]
    assert any("could not save everything: ssm:" in sentence for sentence in told)
    session = client.session(client.start(home))
    named = session.client("ssm").get_parameters(Names=["/kept", "/lost"])
    assert [found["Name"] for found in named["Parameters"]] == ["/kept"]
