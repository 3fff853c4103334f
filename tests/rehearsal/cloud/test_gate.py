"""Nobody but its owner drives the embedded AWS: what other users, web pages and rehearsed steps try."""

import hashlib
import http.client
import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.daemon import client
from rehearsal.daemon.gate import browsers
from rehearsal.daemon.gate.requests import Request
from rehearsal.home import Endpoint, Home

ACCOUNT, REGION = "111122223333", "eu-west-1"
EVIL = "https://evil.example"
STACK = {
    "Action": "CreateStack",
    "Version": "2010-05-15",
    "StackName": "evil",
    "TemplateBody": '{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}',
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture(scope="module", params=[True, False], ids=["iam", "no-iam"])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Authentication is the same with IAM and without."""
    home = Home(tmp_path_factory.mktemp("gate") / ".slipway")
    os.environ["GITHUB_TOKEN"] = "of-the-person"
    yield client.start(home, account=ACCOUNT, region=REGION, enforce_iam=request.param)
    del os.environ["GITHUB_TOKEN"]
    client.stop(home)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def refused(self) -> bool:
        return self.status in (400, 403)


@dataclass(frozen=True)
class Wire:
    """Requests as they are, without an SDK that would make them right."""

    endpoint: Endpoint
    secret: str = ""
    key: str = ACCOUNT
    extra: Mapping[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: str | bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        place = urlsplit(self.endpoint.url)
        connection = http.client.HTTPConnection("127.0.0.1", place.port or 0, timeout=60)
        try:
            connection.request(method, path, body=body, headers={**(headers or {}), **self.extra})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=found, body=answer.read())
        finally:
            connection.close()

    def signed(
        self, service: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Mapping[str, str]:
        request = AWSRequest(method=method, url=self.endpoint.url + path, data=body, headers=dict(headers))
        SigV4Auth(Credentials(self.key, self.secret), service, REGION).add_auth(request)
        return dict(request.headers.items())

    def call(
        self, service: str, target: str, payload: Mapping[str, Any], *, tampered: bytes | None = None
    ) -> Answer:
        body = json.dumps(payload).encode()
        headers = self.signed(service, "POST", "/", body, {**JSON, "X-Amz-Target": target})
        return self.ask("POST", "/", body if tampered is None else tampered, headers)


@pytest.fixture
def anybody(endpoint: Endpoint) -> Wire:
    return Wire(endpoint)


@pytest.fixture
def owner(endpoint: Endpoint) -> Wire:
    return Wire(endpoint, secret=client.root_key(endpoint).secret)


def stacks(endpoint: Endpoint) -> list[str]:
    found = client.session(endpoint).client("cloudformation").list_stacks()["StackSummaries"]
    return [stack["StackName"] for stack in found]


def test_the_owner_is_heard(owner: Wire) -> None:
    answer = owner.call("ssm", "AmazonSSM.PutParameter", {"Name": "/a", "Value": "b", "Type": "String"})
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("origin", [{}, {"Origin": EVIL}, {"Origin": "null"}], ids=["none", "evil", "null"])
def test_a_form_without_a_signature_makes_no_stack(
    anybody: Wire, endpoint: Endpoint, origin: dict[str, str]
) -> None:
    answer = anybody.ask("POST", "/", urlencode(STACK), {**FORM, **origin})
    assert answer.refused
    assert not any(name.startswith("access-control-") for name in answer.headers)
    assert anybody.ask("GET", "/?" + urlencode(STACK), headers=origin).refused
    assert "evil" not in stacks(endpoint)


@pytest.mark.parametrize(
    ("target", "payload"),
    [
        ("CodeBuild_20161006.CreateProject", {"name": "evil"}),
        ("CodeBuild_20161006.StartBuild", {"projectName": "evil"}),
        ("CodePipeline_20150709.PutApprovalResult", {"pipelineName": "p"}),
        ("AWSCognitoIdentityProviderService.AdminCreateUser", {"UserPoolId": "p", "Username": "u"}),
        ("AWSCognitoIdentityProviderService.ListUserPools", {"MaxResults": 1}),
    ],
)
def test_an_operation_without_a_signature_is_refused(
    anybody: Wire, target: str, payload: Mapping[str, Any]
) -> None:
    body = json.dumps(payload)
    plain = anybody.ask("POST", "/", body, {"Content-Type": "text/plain", "X-Amz-Target": target})
    assert plain.refused
    assert b"MissingAuthenticationToken" in plain.body
    zeros = (
        f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/codebuild/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}"
    )
    assert anybody.ask("POST", "/", body, {**JSON, "X-Amz-Target": target, "Authorization": zeros}).refused
    assert anybody.ask("POST", f"/?X-Amz-Credential={ACCOUNT}&X-Amz-Signature=00", body, JSON).refused


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        (ACCOUNT, "rehearsal", b"InvalidSignatureException"),
        ("test", "test", b"UnrecognizedClientException"),
        ("ASIAIOSFODNN7EXAMPLE", "guess", b"UnrecognizedClientException"),
    ],
)
def test_a_wrong_key_is_refused(endpoint: Endpoint, key: str, secret: str, code: bytes) -> None:
    answer = Wire(endpoint, key=key, secret=secret).call("ssm", "AmazonSSM.DescribeParameters", {})
    assert answer.refused
    assert code in answer.body


def test_the_key_of_one_account_is_no_key_of_another(owner: Wire, endpoint: Endpoint) -> None:
    other = Wire(endpoint, key="999988887777", secret=owner.secret)
    assert other.call("ssm", "AmazonSSM.DescribeParameters", {}).refused
    whole = Wire(endpoint, key="999988887777", secret=endpoint.secret)
    assert whole.call("ssm", "AmazonSSM.DescribeParameters", {}).refused


def test_a_signature_covers_the_body(owner: Wire, endpoint: Endpoint) -> None:
    good = {"Name": "/tampered", "Value": "good", "Type": "String"}
    evil = json.dumps({**good, "Value": "evil"}).encode()
    assert owner.call("ssm", "AmazonSSM.PutParameter", good, tampered=evil).refused
    stated = {**JSON, "X-Amz-Target": "AmazonSSM.PutParameter"}
    body = json.dumps(good).encode()
    stated["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    headers = owner.signed("ssm", "POST", "/", body, stated)
    assert owner.ask("POST", "/", evil, headers).refused


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused_even_with_a_signature(endpoint: Endpoint, host: str) -> None:
    host = host.format(port=urlsplit(endpoint.url).port)
    rebound = Wire(endpoint, secret=client.root_key(endpoint).secret, extra={"Host": host})
    assert rebound.call("ssm", "AmazonSSM.DescribeParameters", {}).status == 403
    assert rebound.ask("GET", "/").status == 403


@pytest.mark.parametrize(
    "browser",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/bucket/key", "/_aws/execute-api/abc/prod/", "/oauth2/token"])
def test_another_sites_page_reaches_nothing(anybody: Wire, browser: dict[str, str], path: str) -> None:
    page = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", **browser}
    for method in ("GET", "POST", "OPTIONS"):
        answer = anybody.ask(method, path, headers=page)
        assert answer.status == 403, (method, answer)
        assert not any(name.startswith("access-control-") for name in answer.headers)


def test_the_emulators_own_paths_are_closed(owner: Wire, endpoint: Endpoint) -> None:
    queue = client.session(endpoint).client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    for method, path in (
        ("POST", "/_ministack/reset"),
        ("POST", "//_ministack/reset"),
        ("POST", "/%5fministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/health"),
        ("GET", "/_localstack/health"),
        ("GET", "/health"),
        ("GET", f"/_ministack/lambda-code/{ACCOUNT}/{REGION}/function"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
    ):
        assert Wire(endpoint).ask(method, path, b"{}").refused, path
        headers = owner.signed("s3", method, path, b"{}", {})
        if path.startswith(("/_", "/health")):
            assert owner.ask(method, path, b"{}", headers).status == 403, path
    kept = client.session(endpoint).client("sqs").get_queue_url(QueueName="kept")["QueueUrl"]
    assert kept == queue


def test_a_header_sent_twice_is_refused(endpoint: Endpoint) -> None:
    port = urlsplit(endpoint.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Origin: {EVIL}\r\nConnection: close\r\n\r\n".encode()
        )
        assert raw.recv(64).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_an_address_signed_in_advance_opens_one_object(
    anybody: Wire, endpoint: Endpoint, version: str
) -> None:
    plain = client.session(endpoint).client("s3")
    s3 = client.session(endpoint).client("s3", config=Config(signature_version=version))
    plain.create_bucket(Bucket=f"private-{version}", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("mine", "other"):
        plain.put_object(Bucket=f"private-{version}", Key=name, Body=name.encode())
    url = s3.generate_presigned_url("get_object", Params={"Bucket": f"private-{version}", "Key": "mine"})
    address = url.removeprefix(endpoint.url)
    assert anybody.ask("GET", address).body == b"mine"
    assert anybody.ask("GET", address.replace("mine", "other")).status == 403
    assert anybody.ask("PUT", address, b"overwritten").status == 403
    assert anybody.ask("GET", f"/private-{version}/mine").status == 403
    expired = s3.generate_presigned_url(
        "get_object", Params={"Bucket": f"private-{version}", "Key": "mine"}, ExpiresIn=-1
    )
    assert anybody.ask("GET", expired.removeprefix(endpoint.url)).status == 403


def test_a_public_object_is_read_by_everybody_and_written_by_nobody(
    anybody: Wire, endpoint: Endpoint
) -> None:
    s3 = client.session(endpoint).client("s3")
    s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket="site")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::site/public/*",
    }
    s3.put_bucket_policy(
        Bucket="site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    for key in ("public/page", "secret/page"):
        s3.put_object(Bucket="site", Key=key, Body=b"content")
    assert anybody.ask("GET", "/site/public/page").body == b"content"
    assert anybody.ask("GET", "/site/secret/page").status == 403
    assert anybody.ask("PUT", "/site/public/page", b"defaced").status == 403
    assert anybody.ask("DELETE", "/site/public/page").status == 403


def test_a_user_pools_public_operations_need_no_signature(anybody: Wire, endpoint: Endpoint) -> None:
    cognito = client.session(endpoint).client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
    target = "AWSCognitoIdentityProviderService.SignUp"
    asked = {"ClientId": app, "Username": "ann", "Password": "Long-enough-1"}
    answer = anybody.ask("POST", "/", json.dumps(asked), {**JSON, "X-Amz-Target": target})
    assert answer.status == 200, answer.body
    own_page = {"Origin": endpoint.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    by_page = {**JSON, "X-Amz-Target": target, **own_page}
    assert anybody.ask("POST", "/", json.dumps({**asked, "Username": "ben"}), by_page).status == 200
    assert anybody.ask("POST", "/", json.dumps(asked), {**by_page, "Origin": EVIL}).status == 403
    assert anybody.ask("GET", f"/{pool}/.well-known/jwks.json").status == 200
    smuggled = "/?" + urlencode(STACK)
    assert anybody.ask("POST", smuggled, json.dumps(asked), {**JSON, "X-Amz-Target": target}).refused
    assert "evil" not in stacks(endpoint)


def test_a_forged_web_identity_gets_no_role(anybody: Wire) -> None:
    asked = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/any",
        "RoleSessionName": "evil",
        "WebIdentityToken": "e30.e30.x",
    }
    assert anybody.ask("POST", "/", urlencode(asked), FORM).status == 403


def test_a_functions_session_cannot_be_made_from_its_names(endpoint: Endpoint) -> None:
    names = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f:arn:aws:iam::{ACCOUNT}:role/r"
    digest = hashlib.sha256(names.encode()).hexdigest()
    guess = Wire(
        endpoint,
        key=f"ASIA{digest[:16].upper()}",
        secret=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        extra={"X-Amz-Security-Token": hashlib.sha256(f"token:{digest}".encode()).hexdigest()},
    )
    assert guess.call("ssm", "AmazonSSM.DescribeParameters", {}).refused


def test_the_home_is_its_owners_alone(endpoint: Endpoint) -> None:
    environ = Path(f"/proc/{endpoint.pid}/environ").read_bytes()
    assert b"of-the-person" not in environ
    assert endpoint.secret.encode() not in environ
    home = Path(f"/proc/{endpoint.pid}/cwd").readlink()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("secret", "endpoint.json"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert (home / ".gitignore").read_text() == "*\n"


def request(headers: Mapping[str, str]) -> Request:
    return Request(method="POST", path="/", raw_path="/", query={}, headers=headers)


@given(st.text(), st.booleans())
def test_no_origin_but_the_endpoints_own_is_taken(origin: str, api: bool) -> None:
    page = request({"host": "localhost:4566", "origin": origin, "sec-fetch-mode": "cors"})
    own = origin in {f"http://{name}:4566" for name in ("127.0.0.1", "localhost", "[::1]")} or (
        origin.startswith("http://") and origin.endswith(".localhost:4566")
    )
    assert (browsers.refusal(page, port=4566, deployed_api=api) is None) == own


@given(st.text())
def test_no_host_but_loopback_is_taken(host: str) -> None:
    own = host in {f"{name}:4566" for name in ("127.0.0.1", "localhost", "[::1]")} or host.endswith(
        ".localhost:4566"
    )
    assert (browsers.refusal(request({"host": host}), port=4566, deployed_api=False) is None) == own
