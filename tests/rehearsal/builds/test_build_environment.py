"""What a build can see of the person and of the host, and what it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.builds.environment.surroundings import refuse_remote_endpoints
from rehearsal.builds.environment.toolchain import make_python, search_path
from rehearsal.emulator.environment import RemoteEndpointError
from rehearsal.interpreters import python_for
from tests.rehearsal.builds.identity import PROJECT

if TYPE_CHECKING:
    from tests.rehearsal.builds.conftest import Bench

BUILD = "version: 0.2\nphases:\n  build:\n    commands:\n"


def commands(*lines: str) -> str:
    return BUILD + "".join(f"      - {json.dumps(line)}\n" for line in lines)


PERSON = {
    "PATH": os.environ["PATH"],
    "HOME": "/home/person",
    "AWS_ACCESS_KEY_ID": "AKIAPERSONPERSON0000",
    "AWS_SECRET_ACCESS_KEY": "persons-secret",
    "AWS_SESSION_TOKEN": "persons-session",
    "AWS_PROFILE": "work",
    "AWS_CONFIG_FILE": "/home/person/.aws/config",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/persons/credentials",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/persons/identity",
    "AWS_ENDPOINT_URL": "https://sts.amazonaws.com",
    "GITHUB_TOKEN": "persons-github",
    "NPM_TOKEN": "persons-npm",
    "PIP_INDEX_URL": "https://person:persons-pip@pypi.example.com/simple",
    "UV_INDEX_PRIVATE_PASSWORD": "persons-uv",
    "CARGO_REGISTRIES_OWN_TOKEN": "persons-cargo",
    "HTTPS_PROXY": "http://person:persons-proxy@proxy.example.com",
    "PIP_EXTRA_INDEX_URL": "https://pypi.example.com/simple",
    "CARGO_REGISTRIES_OWN_INDEX": "sparse+https://crates.example.com/",
    "npm_config_registry": "https://npm.example.com/",
    "SSL_CERT_FILE": "/etc/ssl/certs/ca.pem",
    "VIRTUAL_ENV": "/home/person/venv",
    "PYTHONPATH": "/home/person/code",
    "SSH_AUTH_SOCK": "/persons/agent",
}


def test_nothing_of_the_person_reaches_a_build(bench: Bench) -> None:
    assert bench.run(
        commands("env", 'ls -RA "$HOME/.aws" | cat', 'cat "$HOME"/.aws/*'), person=PERSON
    ).succeeded
    seen = "\n".join(bench.output)
    for hidden in ("persons-", "AKIAPERSON", "/home/person", "amazonaws", "AWS_PROFILE", "VIRTUAL_ENV"):
        assert hidden not in seen, hidden
    assert "AWS_ACCESS_KEY_ID" not in seen
    assert "AWS_EC2_METADATA_DISABLED=true" in bench.output
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:9" in bench.output
    assert "SLIPWAY_REHEARSAL=1" in bench.output


def test_registries_without_credentials_pass(bench: Bench) -> None:
    assert bench.run(commands("env"), person=PERSON).succeeded
    for name in ("PIP_EXTRA_INDEX_URL", "CARGO_REGISTRIES_OWN_INDEX", "npm_config_registry", "SSL_CERT_FILE"):
        assert f"{name}={PERSON[name]}" in bench.output


def test_an_endpoint_elsewhere_is_refused(bench: Bench) -> None:
    with pytest.raises(RemoteEndpointError):
        bench.run(commands("true"), variables={"AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com"})
    refuse_remote_endpoints({"AWS_ENDPOINT_URL": "http://localhost:4566", "OTHER": "https://example.com"})


def test_an_sdk_gets_the_role_s_credentials_from_the_endpoint(bench: Bench) -> None:
    fetch = (
        'curl -sf -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" $AWS_CONTAINER_CREDENTIALS_FULL_URI'
    )
    check = "import json, sys; key = json.load(sys.stdin); print(sorted(key), len(key['SecretAccessKey']))"
    assert bench.run(
        commands(f'{fetch} | python3 -c "{check}"', "curl -s $AWS_CONTAINER_CREDENTIALS_FULL_URI")
    ).succeeded
    assert bench.output[0] == "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token'] 27"
    assert "AccessDenied" in bench.output[1]


def test_a_build_has_its_own_home_temporary_folder_and_python(bench: Bench, tmp_path: Path) -> None:
    assert bench.run(
        commands(
            'echo "$HOME" && echo "$TMPDIR" && mktemp',
            'python -c "import sys; print(sys.prefix)"',
            "command -v pip; command -v python3",
            "python -m pip --version",
            "pip --version",
        )
    ).succeeded
    assert all(line.startswith(str(tmp_path)) for line in bench.output[:6])
    assert all(line.startswith("pip ") for line in bench.output[6:])


def test_a_script_that_names_caches_for_codebuild_keeps_to_the_shared_ones(bench: Bench) -> None:
    """Else every project has the same gigabyte again."""
    caches = ("${UV_CACHE_DIR:-own/uv}/x", "${npm_config_cache:-own/npm}/_cacache/x")
    assert bench.run(commands(*(f'echo kept > "{cache}"' for cache in caches))).succeeded
    assert bench.run(commands(*(f'cat "{cache}"' for cache in caches))).succeeded
    assert bench.output == ["kept", "kept"]


def test_home_is_new_but_downloads_are_kept(bench: Bench) -> None:
    write = "echo kept > $HOME/.npm/_cacache/x; echo lost > $HOME/.npmrc"
    locked = "mkdir -p $HOME/go/pkg/mod/m && chmod -w $HOME/go/pkg/mod/m"
    assert bench.run(commands(write, locked)).succeeded
    assert bench.run(commands("cat $HOME/.npm/_cacache/x; ls -A $HOME | grep -c npmrc || true")).succeeded
    assert bench.output == ["kept", "0"]


def test_a_library_of_the_cdk_is_unpacked_by_the_first_build_only(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real jsii, into a folder that a group may write to, as where a person's umask is 002."""
    packages = tmp_path / "packages"
    packages.mkdir()
    packages.chmod(0o775)
    monkeypatch.setattr("rehearsal.home._PACKAGES", None)
    monkeypatch.setenv("SLIPWAY_PACKAGES", str(packages))
    load = f"{sys.executable} -c 'import constructs'"
    look = "ls -di $HOME/.cache/aws/jsii/package-cache/constructs/*/*"
    assert bench.run(commands(load, look)).succeeded
    unpacked = bench.output[-1]
    assert bench.run(commands(look, load, look)).succeeded
    assert (bench.output[0], bench.output[-1]) == (unpacked, unpacked)


MAKE_WHEEL = """
import zipfile
with zipfile.ZipFile("own-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("own.py", "")
    wheel.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\n")
    wheel.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
    wheel.writestr("own-1.0.dist-info/RECORD", "")
"""


def test_what_is_installed_stays_in_the_build(bench: Bench) -> None:
    files = {
        "make_wheel.py": MAKE_WHEEL,
        "cli/package.json": '{"name": "cli", "version": "1.0.0", "bin": "run.js"}',
        "cli/run.js": "#!/usr/bin/env node\nconsole.log('ran')\n",
    }
    install = commands(
        "python make_wheel.py && pip install --quiet --no-index ./*.whl",
        "python3 -c 'import own; print(own.__name__)'",
        "python3 -c 'import sys; print(sys.prefix == sys.base_prefix)'",
        "npm install --global --silent --offline ./cli && cli",
    )
    assert bench.run(install, files=files).succeeded
    assert bench.output == ["own", "True", "ran"]
    look = commands("python -c 'import own' 2>/dev/null || echo gone", "command -v cli || echo gone")
    assert bench.run(look).succeeded
    assert bench.output == ["gone", "gone"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sudo make", "never becomes root"),
        ("docker build .", "no Docker engine"),
        ("apt-get install -y no-such-package", "does not install it: no-such-package"),
        ("yum remove x", "does not change this machine"),
    ],
)
def test_what_a_host_cannot_lend_says_so(bench: Bench, command: str, words: str) -> None:
    assert not bench.run(commands(command)).succeeded
    assert words in "\n".join(bench.output)


def test_packages_that_are_there_count_as_installed(bench: Bench) -> None:
    assert bench.run(commands("apt-get update -y", "apt-get install -y git bash")).succeeded
    assert bench.output[1] == "apt-get: already on this machine."


def test_the_path_holds_tools_and_no_other_python(tmp_path: Path) -> None:
    for name in ("venv/bin/python3", "tools/bin/cargo", "private/bin/secret-tool", "node_modules/.bin/node"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    names = ("venv/bin", "tools/bin", "private/bin", "node_modules/.bin")
    folders = search_path(":".join([*(str(tmp_path / name) for name in names), "/usr/bin", ""]))
    assert folders[:2] == (str(tmp_path / "tools/bin"), "/usr/bin")
    assert not any(str(tmp_path) in folder for folder in folders[1:])


@pytest.mark.parametrize("system_path", ["/usr/bin", os.environ["PATH"]])
def test_whatever_python_the_host_has_is_copied(tmp_path: Path, system_path: str) -> None:
    python = python_for(system_path)
    make_python(python, tmp_path / "python")
    script = "import ssl, sqlite3, sys, pip; print(sys.prefix)"
    command = [str(tmp_path / "python/bin/python3"), "-I", "-c", script]
    assert subprocess.check_output(command, text=True).strip() == str(tmp_path / "python")


def test_two_builds_at_once_share_nothing(bench: Bench) -> None:
    script = commands(
        "echo $CODEBUILD_SRC_DIR > me; pwd; touch $HOME/$CODEBUILD_BUILD_ID",
        "sleep 0.5; ls -A $HOME | grep demo; cat me",
    )
    other = type(bench)(builds=bench.builds, endpoint=bench.endpoint)
    thread = threading.Thread(target=other.run, args=(script,), kwargs={"uid": "0002"})
    thread.start()
    assert bench.run(script).succeeded
    thread.join()
    assert bench.output[0] == bench.output[2] != other.output[0] == other.output[2]
    assert (bench.output[1], other.output[1]) == (f"{PROJECT}:0001", f"{PROJECT}:0002")
