"""Acknowledging a cdk-nag finding, next to the resource that it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, findings: Mapping[str, str]) -> None:
    """`findings`: the exact finding (`AwsSolutions-IAM5[Resource::*]`) and why it is right here."""
    for finding, reason in findings.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
