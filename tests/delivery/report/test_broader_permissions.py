"""Pairs of templates: what allows more than before, and what only says the same in other words."""

from typing import Any

import pytest

from pipeline.change_report.compare import compare
from pipeline.change_report.report import Broadening, Kind

Resource = dict[str, Any]
Template = dict[str, Any]
LAMBDA = {"Service": "lambda.amazonaws.com"}


def allow(actions: Any, on: Any = "arn:aws:s3:::a/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": on, **more}


def deny(actions: Any, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(actions, on, **more), "Effect": "Deny"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*statements: dict[str, Any], trusts: Any = LAMBDA, **properties: Any) -> Template:
    """A role with one attached policy, as CDK writes it."""
    trust = {"Effect": "Allow", "Principal": trusts, "Action": "sts:AssumeRole"}
    resources: Template = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": document(trust), **properties},
        }
    }
    if statements:
        resources["Policy"] = {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": document(*statements), "Roles": [{"Ref": "Role"}]},
        }
    return {"Resources": resources}


def inline(*statements: dict[str, Any]) -> Template:
    return role(Policies=[{"PolicyName": "inline", "PolicyDocument": document(*statements)}])


def bucket_policy(*statements: dict[str, Any], name: str = "Policy") -> Template:
    resources: Template = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}}
    if statements:
        properties = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document(*statements)}
        resources[name] = {"Type": "AWS::S3::BucketPolicy", "Properties": properties}
    return {"Resources": resources}


def permission(**properties: Any) -> Template:
    given = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Function"}, **properties}
    resources = {"Permission": {"Type": "AWS::Lambda::Permission", "Properties": given}}
    return {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": {}}, **resources}}


def broadened(before: Template, after: Template) -> list[Broadening]:
    found = compare(name="Stack", before=before, after=after).broadenings
    return [item for item in found if item.kind is not Kind.NETWORK]


SSL = deny("s3:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ORGANISATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}

SAME = [
    pytest.param(role(allow("s3:GetObject")), role(allow(["s3:GetObject"])), id="a list of one"),
    pytest.param(
        role(allow(["s3:GetObject", "s3:PutObject"])),
        role(allow("s3:PutObject"), allow("s3:GetObject")),
        id="a statement that was split",
    ),
    pytest.param(role(allow("s3:GetObject")), inline(allow("s3:GetObject")), id="moved into the role"),
    pytest.param(role(allow("s3:*")), role(allow("s3:GetObject")), id="an action narrowed"),
    pytest.param(role(allow("s3:Get*")), role(allow("S3:GetObject")), id="action names have no case"),
    pytest.param(
        role(allow("s3:GetObject", "arn:aws:s3:::a/*")),
        role(allow("s3:GetObject", "arn:aws:s3:::a/b/*")),
        id="a resource narrowed",
    ),
    pytest.param(
        role(allow("s3:GetObject")), role(allow("s3:GetObject", Condition=MFA)), id="a condition added"
    ),
    pytest.param(
        role(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}})),
        role(allow("s3:GetObject", Condition=ORGANISATION)),
        id="fewer values in a condition",
    ),
    pytest.param(role(allow("s3:GetObject")), role(), id="a policy removed"),
    pytest.param(role(allow("s3:GetObject")), role(allow("s3:GetObject"), deny("s3:*")), id="a denial added"),
    pytest.param(role(deny("s3:Get*")), role(deny("s3:*")), id="a denial widened"),
    pytest.param(bucket_policy(SSL), bucket_policy(SSL, name="Renamed"), id="a policy under another id"),
    pytest.param(bucket_policy(SSL), {"Resources": {}}, id="a denial gone with what it protected"),
    pytest.param(
        permission(Principal="events.amazonaws.com"),
        permission(Principal="events.amazonaws.com", SourceArn="arn:aws:events:::rule/a"),
        id="an invocation bound to a source",
    ),
    pytest.param(
        role(allow("s3:GetObject", {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/*"]]})),
        role(allow("s3:GetObject", {"Fn::Sub": "${B.Arn}/*"})),
        id="one ARN written in two ways",
    ),
    pytest.param(
        role(ManagedPolicyArns=["a", "b"]), role(ManagedPolicyArns=["b"]), id="a managed policy less"
    ),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_what_allows_no_more_is_not_reported(before: Template, after: Template) -> None:
    assert broadened(before, after) == []


MORE = [
    pytest.param(
        role(allow("s3:GetObject")),
        role(allow(["s3:GetObject", "s3:PutObject"])),
        Kind.PERMISSION,
        "may s3:PutObject on arn:aws:s3:::a/*",
        id="an action added",
    ),
    pytest.param(
        role(allow("s3:GetObject")),
        role(allow("s3:*")),
        Kind.PERMISSION,
        "may s3:* on",
        id="an action widened",
    ),
    pytest.param(
        role(allow("s3:GetObject", "arn:aws:s3:::a/b")),
        role(allow("s3:GetObject", "arn:aws:s3:::a/*")),
        Kind.PERMISSION,
        "on arn:aws:s3:::a/*",
        id="a resource widened",
    ),
    pytest.param(
        role(allow("s3:GetObject", Condition=MFA)),
        role(allow("s3:GetObject")),
        Kind.PERMISSION,
        "may s3:GetObject",
        id="a condition removed",
    ),
    pytest.param(
        role(allow("s3:GetObject", Condition=ORGANISATION)),
        role(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}})),
        Kind.PERMISSION,
        "when aws:PrincipalOrgID StringEquals o-1 or o-2",
        id="more values in a condition",
    ),
    pytest.param(
        role(allow("s3:GetObject"), deny("s3:GetObject")),
        role(allow("s3:GetObject")),
        Kind.PERMISSION,
        "no longer denied: must not s3:GetObject on everything",
        id="a denial removed",
    ),
    pytest.param(
        role(),
        inline(allow("dynamodb:Scan", "*")),
        Kind.PERMISSION,
        "dynamodb:Scan on everything",
        id="inline",
    ),
    pytest.param(
        role(allow("s3:GetObject", Condition={})),
        role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        Kind.PERMISSION,
        "everything but iam:*",
        id="NotAction",
    ),
    pytest.param(
        role(),
        role(ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        Kind.PERMISSION,
        "managed policy ReadOnlyAccess",
        id="a managed policy attached",
    ),
    pytest.param(
        role(),
        role(trusts={"AWS": "arn:aws:iam::222222222222:root"}),
        Kind.TRUST,
        "AWS:arn:aws:iam::222222222222:root may sts:AssumeRole",
        id="another account is trusted",
    ),
    pytest.param(
        bucket_policy(SSL),
        bucket_policy(SSL, allow("s3:GetObject", Principal={"AWS": "arn:aws:iam::222222222222:root"})),
        Kind.RESOURCE_POLICY,
        "AWS:arn:aws:iam::222222222222:root may s3:GetObject",
        id="a bucket shared with another account",
    ),
    pytest.param(
        bucket_policy(SSL),
        bucket_policy(),
        Kind.RESOURCE_POLICY,
        "no longer denied",
        id="a bucket that may be reached without TLS",
    ),
    pytest.param(
        permission(Principal="events.amazonaws.com", SourceArn="arn:aws:events:::rule/a"),
        permission(Principal="events.amazonaws.com"),
        Kind.RESOURCE_POLICY,
        "events.amazonaws.com may lambda:InvokeFunction",
        id="an invocation no longer bound to its source",
    ),
    pytest.param(
        role(PermissionsBoundary="arn:aws:iam::aws:policy/Boundary"),
        role(),
        Kind.SAFEGUARD,
        "permissions boundary arn:aws:iam::aws:policy/Boundary is removed",
        id="a permissions boundary removed",
    ),
]


@pytest.mark.parametrize(("before", "after", "kind", "said"), MORE)
def test_what_allows_more_is_reported_once(before: Template, after: Template, kind: Kind, said: str) -> None:
    (item,) = broadened(before, after)
    assert item.kind is kind
    assert said in item.sentence


SWEEPING = [
    pytest.param(role(), inline(allow("*", "*")), id="everything on everything"),
    pytest.param(role(), inline(allow("s3:*", "*")), id="a whole service on everything"),
    pytest.param(role(), role(trusts="*"), id="anyone may assume the role"),
    pytest.param(role(), role(trusts={"AWS": "*"}), id="any account may assume the role"),
    pytest.param(
        role(), role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]), id="administrator"
    ),
    pytest.param(
        bucket_policy(), bucket_policy(allow("s3:GetObject", Principal="*")), id="a bucket open to anyone"
    ),
    pytest.param(
        permission(Principal="events.amazonaws.com"), permission(Principal="*"), id="anyone may invoke"
    ),
]


@pytest.mark.parametrize(("before", "after"), SWEEPING)
def test_the_sweeping_is_marked(before: Template, after: Template) -> None:
    assert any(item.severe for item in broadened(before, after))


def test_a_keys_own_account_is_not_everyone() -> None:
    root = {"AWS": "arn:aws:iam::111111111111:root"}
    policy = document(allow("kms:*", "*", Principal=root))
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    (item,) = broadened({"Resources": {}}, {"Resources": {"Key": key}})
    assert not item.severe


def test_anyone_under_a_condition_is_not_everyone() -> None:
    after = bucket_policy(allow("s3:GetObject", Principal="*", Condition=ORGANISATION))
    (item,) = broadened(bucket_policy(), after)
    assert not item.severe


def test_any_policy_document_is_found_whatever_resource_holds_it() -> None:
    def of(*statements: dict[str, Any]) -> Template:
        properties = {"Deep": [{"Inside": {"SomePolicy": document(*statements)}}]}
        return {"Resources": {"New": {"Type": "AWS::Future::Service", "Properties": properties}}}

    before = of(allow("future:Read", Principal={"AWS": "a"}))
    after = of(allow(["future:Read", "future:Write"], Principal={"AWS": "a"}))
    (item,) = broadened(before, after)
    assert "future:Write" in item.sentence


def test_the_same_action_on_the_same_thing_is_one_sentence() -> None:
    (item,) = broadened(role(), role(allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])))
    assert item.sentence == "may s3:DeleteObject, s3:GetObject, s3:PutObject on arn:aws:s3:::a/*"


def test_an_endpoint_without_a_policy_was_open_already() -> None:
    def endpoint(**properties: Any) -> Template:
        return {"Resources": {"Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}}}

    narrowed = endpoint(PolicyDocument=document(allow("s3:GetObject", Principal="*")))
    assert broadened(endpoint(), narrowed) == []
    (item,) = broadened(narrowed, endpoint())
    assert not item.severe
