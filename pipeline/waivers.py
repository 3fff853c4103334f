"""Findings of cdk-nag in policies that CDK itself writes for the pipeline, each excused by its exact id.

The policies come out of CDK's own grants, so there is no line of ours to write a waiver beside. What
is excused is a closed table, finding by finding and policy by policy: a wildcard that the table does
not describe stays a finding and fails the build.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from blocks.waivers import acknowledge

_S3 = "CDK grants the artifact store by families of S3 actions; the resource is this pipeline's own bucket"
_KMS = "a family of one operation of KMS, on this pipeline's own key"

GENERATED: Mapping[str, str] = {
    r"Action::s3:(Abort|DeleteObject|GetBucket|GetObject|List)\*": _S3,
    r"Resource::<(Check)?Artifacts\w+\.Arn>/\*": "the objects of this pipeline's own artifact store",
    r"Resource::<(Check)?Artifacts\w+\.Arn>/change-reports/[\w-]+/\*": (
        "the change reports of this pipeline, one folder for each execution"
    ),
    r"Action::kms:(GenerateDataKey|ReEncrypt)\*": _KMS,
    r"Resource::arn:[^*]+:log-group:/aws/codebuild/<\w+>:\*": "the streams of this build's own log group",
    r"Resource::arn:[^*]+:report-group/<\w+>-\*": (
        "CodeBuild names report groups after the project and the build specification; only this project's"
    ),
}

SELF_MUTATION: Mapping[str, str] = {
    r"Resource::\*": (
        "`cdk deploy` asks whether stacks and the bootstrap bucket are there (DescribeStacks, ListBucket); "
        "it reads names only"
    ),
    r"Resource::arn:\*:iam::[^*]+:role/\*": (
        "a condition on the tag aws-cdk:bootstrap-role leaves the deploy and publishing roles only"
    ),
}

PIPELINE_ROLE: Mapping[str, str] = {
    r"Resource::arn:aws:s3:::[\w-]+eplicationbucket\w+/\*": (
        "the objects of this pipeline's own artifact store in another region"
    ),
    r"Resource::\*": (
        "where an environment is in another region, CDK cannot name the key of the artifact store there; "
        "it allows the use of keys, and a key's own policy says which role may use it"
    ),
}


def excuse_generated(scope: Stack, *, also: Mapping[str, Mapping[str, str]]) -> None:
    """Policies of this stack only: an application excuses its own, where it makes them.

    `also`: further reasons for the policies whose construct path contains the key.
    """
    for policy in scope.node.find_all():
        if not isinstance(policy, iam.CfnPolicy) or Stack.of(policy).node.path != scope.node.path:
            continue
        reasons = dict(GENERATED)
        for fragment, extra in also.items():
            if fragment in policy.node.path:
                reasons.update(extra)
        acknowledge(policy, dict(_excused(policy, reasons)))


def _excused(policy: iam.CfnPolicy, reasons: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for finding in sorted(set(_wildcards(policy))):
        for pattern, reason in reasons.items():
            if re.fullmatch(pattern, finding):
                yield f"AwsSolutions-IAM5[{finding}]", reason


def _wildcards(policy: iam.CfnPolicy) -> Iterator[str]:
    document = Stack.of(policy).resolve(policy.policy_document)
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            yield from (f"Action::{action}" for action in _listed(statement["Action"]) if "*" in action)
            resources = [_flat(resource) for resource in _listed(statement["Resource"])]
            yield from (f"Resource::{resource}" for resource in resources if "*" in resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(value: Any) -> str:
    """An ARN as cdk-nag writes it into a finding's id."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"<{value['Ref']}>"
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    if "Fn::Join" in value:
        delimiter, parts = value["Fn::Join"]
        return str(delimiter).join(_flat(part) for part in parts).replace("<AWS::Partition>", "aws")
    return str(value)
