"""Nothing of the person's AWS reaches a child process, and nothing of a child reaches the real AWS."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.daemon.client import (
    AccessKey,
    LocalSession,
    RemoteEndpointError,
    clean_environment,
    refuse_remote,
)
from rehearsal.emulator.environment import offline_environment

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
        "SLIPWAY_WITHHELD": "UV_INDEX_COMPANY_PASSWORD",
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


WORDS = st.text(
    st.characters(codec="ascii", exclude_categories=("Cc", "Zs"), exclude_characters="/@:?="), min_size=1
)
NAMES = st.one_of(
    st.sampled_from(("PATH", "PIP_INDEX_URL", "UV_INDEX", "HTTPS_PROXY", "http_proxy", "GOPROXY", "LC_ALL")),
    st.from_regex(r"(PIP|UV|NPM_CONFIG|npm_config|RUSTUP|AWS|GIT|X)_[A-Za-z_]{1,20}", fullmatch=True),
)
SECRET_URLS = st.builds(
    "{}{}://{}:persons-secret{}@{}{}".format,
    st.sampled_from(("", "name=", "https://plain.example/simple ", "https://plain.example,")),
    st.sampled_from(("http", "https", "sparse+https", "socks5h", "git+ssh")),
    WORDS,
    st.sampled_from(("", "/slash", ":colon", "@at", "#hash")),
    WORDS,
    st.sampled_from(("", "/simple", " https://plain.example", ",direct")),
)
PLAIN_URLS = st.builds("https://{}.example/{}".format, st.from_regex(r"[a-z]{1,9}", fullmatch=True), WORDS)


@given(st.dictionaries(NAMES, SECRET_URLS, max_size=6), st.dictionaries(NAMES, WORDS, max_size=6))
def test_no_setting_with_a_password_in_a_url_reaches_a_child(
    secret: dict[str, str], plain: dict[str, str]
) -> None:
    person = {**plain, **secret}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        once = offline_environment(home=home, person=person)
        for seen in (
            once,
            offline_environment(home=home, person=once),
            clean_environment(endpoint_url=HERE, region="eu-west-1", key=KEY, home=home, person=person),
        ):
            assert "persons-secret" not in "\n".join(seen.values())
            assert seen.get("SLIPWAY_WITHHELD") == once.get("SLIPWAY_WITHHELD")


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,20}", fullmatch=True), st.just("persons"), max_size=8))
def test_no_variable_outside_the_whitelist_reaches_a_child(person: dict[str, str]) -> None:
    allowed = re.compile(
        r"PATH|LANG|LC_.*|TZ|TERM|TMPDIR|SHELL|USER|LOGNAME|HTTPS?_PROXY|SSL_CERT_(FILE|DIR)|"
        r"(REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO|(PIP|UV|NPM_CONFIG|RUSTUP)_.*|"
        r"CARGO_HOME|PYENV_ROOT|NVM_DIR|JAVA_HOME|GO(PATH|PROXY|FLAGS)|DOTNET_ROOT|PLAYWRIGHT_BROWSERS_PATH"
    )
    with tempfile.TemporaryDirectory() as name:
        seen = offline_environment(home=Path(name), person=person)
    assert all(allowed.fullmatch(variable) for variable, value in seen.items() if value == "persons")


@given(st.sampled_from(("PIP_INDEX_URL", "UV_INDEX_URL", "npm_config_registry", "HTTPS_PROXY")), PLAIN_URLS)
def test_a_package_index_without_a_credential_passes(name: str, url: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        assert offline_environment(home=Path(home), person={name: url})[name] == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "person:secret@proxy:3128"),
        ("PIP_INDEX_URL", "https://packages.example/simple?token=secret"),
        ("UV_PUBLISH_TOKEN", "secret"),
        ("npm_config__auth", "secret"),
        ("npm_config_//registry.example/:_authToken", "secret"),
        ("NPM_CONFIG_USERCONFIG", "/home/person/.npmrc"),
        ("npm_config_key", "-----BEGIN PRIVATE KEY-----"),
        ("PIP_CONFIG_FILE", "/home/person/pip.conf"),
        ("PIP_CLIENT_CERT", "/home/person/cert.pem"),
    ],
)
def test_what_may_carry_a_credential_is_withheld_by_name(tmp_path: Path, name: str, value: str) -> None:
    seen = offline_environment(home=tmp_path, person={name: value})
    assert name not in seen
    assert seen["SLIPWAY_WITHHELD"] == name


def test_a_script_runs_a_command_with_the_offline_environment(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "rehearsal.emulator.environment", str(tmp_path / "home"), "env"]
    person = {**PERSON, "PATH": os.environ["PATH"]}
    said = subprocess.run(command, env=person, capture_output=True, text=True, check=True).stdout
    assert f"HOME={tmp_path}/home\n" in said
    assert "secret" not in said
    assert "SSH_AUTH_SOCK" not in said
