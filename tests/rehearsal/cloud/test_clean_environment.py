"""Nothing of the person's AWS reaches a child process, and nothing of a child reaches the real AWS."""

import json
import subprocess
from pathlib import Path

import pytest
from botocore.config import Config

from rehearsal.cloud.client import (
    AccessKey,
    LocalSession,
    RemoteEndpointError,
    clean_environment,
    refuse_remote,
)

HERE = "http://127.0.0.1:4566"
KEY = AccessKey(key_id="111122223333", secret="rehearsal")
PERSON = {
    "PATH": "/usr/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/home/person",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "real",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/credentials",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "GITHUB_TOKEN": "secret",
    "PIP_INDEX_URL": "https://packages.example",
    "UV_INDEX_COMPANY_PASSWORD": "secret",
    "HTTPS_PROXY": "http://proxy:3128",
    "SSH_AUTH_SOCK": "/agent",
}


def test_only_what_programs_need_passes(tmp_path: Path) -> None:
    environment = clean_environment(
        endpoint_url=HERE, region="eu-west-1", key=KEY, home=tmp_path / "home", person=PERSON
    )
    assert environment == {
        "PATH": "/usr/bin",
        "LC_ALL": "C.UTF-8",
        "PIP_INDEX_URL": "https://packages.example",
        "HTTPS_PROXY": "http://proxy:3128",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "HOME": str(tmp_path / "home"),
        "AWS_ENDPOINT_URL": HERE,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_CONFIG_FILE": str(tmp_path / "home/.aws/config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "home/.aws/credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def test_the_files_that_an_sdk_would_read_are_there_and_empty(tmp_path: Path) -> None:
    environment = clean_environment(endpoint_url=HERE, region="eu-west-1", key=KEY, home=tmp_path)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(environment[name]).read_text() == ""


def test_a_child_has_exactly_this_environment(tmp_path: Path) -> None:
    token = AccessKey(key_id="ASIA", secret="s", token="t")
    environment = clean_environment(
        endpoint_url=HERE, region="eu-west-1", key=token, home=tmp_path, extra={"CI": "true"}, person=PERSON
    )
    code = "import json,os; print(json.dumps(dict(os.environ)))"
    child = subprocess.run(
        ["python3", "-c", code], env={**environment, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    seen = json.loads(child.stdout)
    assert (seen["AWS_SESSION_TOKEN"], seen["CI"]) == ("t", "true")
    assert not {"AWS_PROFILE", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "AWS_ENDPOINT_URL_S3"} & seen.keys()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:4566/x", "http://bucket.localhost:1", "http://[::1]:80"]
)
def test_loopback_is_let_through(url: str) -> None:
    assert refuse_remote(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.eu-west-1.amazonaws.com",
        "http://169.254.169.254/latest",
        "http://10.0.0.1:4566",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "localhost:4566",
        "",
    ],
)
def test_anything_else_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(RemoteEndpointError, match="slipway env"):
        refuse_remote(url)


def test_an_endpoint_handed_over_as_a_variable_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(RemoteEndpointError):
        clean_environment(
            endpoint_url=HERE,
            region="eu-west-1",
            key=KEY,
            home=tmp_path,
            extra={"AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.eu-west-1.amazonaws.com"},
        )


def test_a_session_stays_here_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com")
    monkeypatch.setenv("AWS_ENDPOINT_URL_RDS", "https://rds.amazonaws.com")
    session = LocalSession(endpoint_url=HERE, region="eu-west-1", key=KEY)
    assert session.client("rds").meta.endpoint_url == HERE
    assert session.client("s3", config=Config(read_timeout=1)).meta.config.s3 == {"addressing_style": "path"}
    with pytest.raises(RemoteEndpointError):
        session.client("sts", endpoint_url="https://sts.amazonaws.com")
