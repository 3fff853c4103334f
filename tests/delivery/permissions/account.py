"""What `make bootstrap` puts into an account."""

import boto3

from pipeline.permissions import documents, kept
from tests.delivery.permissions.templates import ACCOUNT


def bootstrap(aws: boto3.session.Session, *names: str) -> tuple[str, ...]:
    """The policies of these grantees and their boundary; the ARNs for CloudFormation's role."""
    policies = [kept.required(name) for name in names]
    execution = documents.execution(policies)
    for name, document in documents.boundary(policies).items():
        _put(aws, name, document)
    return tuple(_put(aws, name, document) for name, document in execution.items())


def _put(aws: boto3.session.Session, name: str, document: str) -> str:
    iam = aws.client("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    try:
        iam.create_policy(PolicyName=name, PolicyDocument=document)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    return arn
