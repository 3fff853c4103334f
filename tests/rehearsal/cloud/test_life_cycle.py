"""Starting, stopping and crashing, with real daemons."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rehearsal.daemon import __main__ as daemon
from rehearsal.daemon import client
from rehearsal.daemon.listener import listen
from rehearsal.home import Endpoint, Home
from tests.patience import until
from tests.processes import having
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by

ACCOUNT = "111122223333"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / ".slipway")
    yield home
    client.stop(home)


def started(home: Home) -> Endpoint:
    return client.start(home, account=ACCOUNT, region="eu-west-1")


def test_state_survives_a_stop_and_no_process_does(home: Home) -> None:
    first = started(home)
    stacks = Stacks(session=client.session(first))
    mark = f"MARK={home.root}"
    sleeper = function(
        "def handler(event, context):\n    return True", Environment={"Variables": {"MARK": str(home.root)}}
    )
    resources = {
        "Role": trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole"),
        "Sleeper": sleeper,
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Places": {"Type": "AWS::Location::PlaceIndex", "Properties": {"DataSource": "Esri"}},
    }
    made = stacks.deploy("kept", resources, **{name: {"Ref": name} for name in resources})
    aws = client.session(first)
    aws.client("s3").put_object(Bucket=made["Bucket"], Key="a/b", Body=b"content")
    aws.client("lambda").invoke(FunctionName=made["Sleeper"])
    assert having(mark)
    assert client.stop(home)
    assert home.endpoint() is None
    until(lambda: not having(mark), "the function's process is still there")
    second = started(home)
    assert second.url == first.url
    again = client.session(second)
    assert again.client("s3").get_object(Bucket=made["Bucket"], Key="a/b")["Body"].read() == b"content"
    assert json.loads(again.client("lambda").invoke(FunctionName=made["Sleeper"])["Payload"].read())
    assert again.client("location").describe_place_index(IndexName=made["Places"])["DataSource"] == "Esri"
    Stacks(session=again).delete("kept")


def test_a_port_that_another_program_took_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    with listen(0, remembered=tmp_path / "port") as first:
        taken = first.getsockname()[1]
        with listen(0, remembered=tmp_path / "port") as second:
            assert second.getsockname()[1] != taken


def test_two_starts_at_once_get_the_same_daemon(home: Home) -> None:
    found: list[Endpoint] = []
    threads = [threading.Thread(target=lambda: found.append(started(home))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert client.start(home, account=ACCOUNT) == found[0]


def test_a_process_number_taken_over_by_another_program_is_no_daemon(home: Home) -> None:
    free = "http://127.0.0.1:9"
    home.publish(Endpoint(url=free, pid=os.getpid(), account=ACCOUNT, region="eu-west-1", secret=""))
    assert not client.stop(home)
    assert started(home).url != free


def test_only_loopback_is_listened_on(home: Home) -> None:
    port = int(started(home).url.rpartition(":")[2])
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    sockets = [line.split() for table in tables for line in table]
    listening = {fields[1] for fields in sockets if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}


def test_a_daemon_that_cannot_start_shows_its_last_words(home: Home, cloud: Endpoint) -> None:
    taken = int(cloud.url.rpartition(":")[2])
    with pytest.raises(client.CloudStartError, match=f"Port {taken} cannot be used.*give another --port"):
        client.start(home, port=taken)
    assert home.endpoint() is None


def test_a_hook_that_does_not_fit_stops_the_start_with_its_message(home: Home, tmp_path: Path) -> None:
    """A ministack of another version, as the daemon would find it after a bump."""
    newer = tmp_path / "newer" / "ministack-9.9.9.dist-info"
    newer.mkdir(parents=True)
    (newer / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 9.9.9\n")
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal.daemon", "--home", str(home.root)],
        env={**os.environ, "PYTHONPATH": f"{newer.parent}:{Path(daemon.__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The hook 'version' does not fit ministack 9.9.9" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.endpoint() is None


@pytest.mark.parametrize("arguments", [["--account", "123"], ["--port", "web"], []])
def test_bad_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        daemon.main([*(["--home", "/nowhere"] if arguments else []), *arguments])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_without_iam_every_call_of_a_known_caller_is_allowed(home: Home) -> None:
    endpoint = client.start(home, account=ACCOUNT, enforce_iam=False)
    assert not endpoint.enforces_iam
    iam = client.session(endpoint).client("iam")
    iam.create_user(UserName="nobody")
    made = iam.create_access_key(UserName="nobody")["AccessKey"]
    for secret, allowed in ((made["SecretAccessKey"], True), ("guess", False)):
        key = client.AccessKey(key_id=made["AccessKeyId"], secret=secret)
        s3 = client.session(endpoint, key=key).client("s3")
        if allowed:
            assert s3.list_buckets()["Buckets"] == []
        else:
            with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
                s3.list_buckets()


def test_stopping_what_does_not_run_says_so(home: Home) -> None:
    assert not client.stop(home)


def test_neither_daemon_nor_function_sees_a_password_of_the_persons(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "http://person:persons-secret@nowhere.example:3128")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://packages.example/simple")
    endpoint = started(home)
    stacks = Stacks(session=client.session(endpoint))
    looking = function("import os\ndef handler(event, context):\n    return dict(os.environ)")
    role = trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole")
    name = stacks.deploy("looking", {"Role": role, "Looking": looking}, Name={"Ref": "Looking"})["Name"]
    answer = client.session(endpoint).client("lambda").invoke(FunctionName=name)
    seen = json.loads(answer["Payload"].read())
    assert "persons-secret" not in str(seen)
    assert seen["PIP_EXTRA_INDEX_URL"] == "https://packages.example/simple"
    daemon = Path(f"/proc/{endpoint.pid}/environ").read_text()
    assert "persons-secret" not in daemon
    assert "SLIPWAY_WITHHELD=HTTPS_PROXY PIP_INDEX_URL" in daemon
