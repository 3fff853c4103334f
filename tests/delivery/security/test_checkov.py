"""checkov judges every template it is given, whatever its name, and talks to nobody."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.security.templates import SCRIPT, CheckovError, judge

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {}}


def template(file: Path, **resources: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"Resources": resources}))
    return file


def test_what_fails_is_told_by_template_and_resource(tmp_path: Path) -> None:
    key = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/one"}}
    files = [template(tmp_path / "a.json", Good=key), template(tmp_path / "b.json", Bad=TOPIC)]
    assert judge(files)["failed"] == [
        {"rule": "CKV_AWS_26", "template": 1, "resource": "AWS::SNS::Topic.Bad"}
    ]


def test_a_path_of_forty_letters_is_no_secret(tmp_path: Path) -> None:
    """checkov looks for secrets in a function's variables, and puts the file's path among them."""
    variables = {"Environment": {"Variables": {"NAME": "value"}}}
    function = {"Type": "AWS::Lambda::Function", "Properties": variables}
    file = template(tmp_path / "-" / ("x" * 40) / "-.json", Function=function)
    assert "CKV_AWS_45" not in {failed["rule"] for failed in judge([file])["failed"]}


def test_a_template_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"Resources": {')
    with pytest.raises(CheckovError, match=r"cannot read .*broken\.json"):
        judge([template(tmp_path / "good.json", Topic=TOPIC), broken])


def test_a_look_at_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckovError, match="judged nothing"):
        judge([template(tmp_path / "empty.json")])


def test_a_missing_installation_says_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(CheckovError, match=r"make build/checkov/\.locked"):
        judge([], python=tmp_path / "python")


@pytest.mark.parametrize("call", ["socket.create_connection(place)", "socket.getaddrinfo(*place)"])
def test_connections_are_refused(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"""
import runpy, socket, sys
script, place = runpy.run_path({str(SCRIPT)!r}), {server.getsockname()!r}
{call}
sys.addaudithook(script["_refuse_connections"])
print("refused from here on", flush=True)
{call}
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "refused from here on\n"
    assert "PermissionError: a check of templates needs no network" in done.stderr
