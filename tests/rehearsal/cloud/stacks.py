"""Deploying a template and waiting for it, for tests of the embedded AWS."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3


class StackFailedError(Exception):
    """With every reason that the events hold."""


@dataclass(frozen=True, kw_only=True)
class Stacks:
    session: boto3.session.Session

    def deploy(self, name: str, resources: Mapping[str, Any], **outputs: Any) -> dict[str, str]:
        """Create or update; the outputs by name."""
        arguments = {
            "StackName": name,
            "TemplateBody": template(resources, **outputs),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        client: Any = self._client
        (client.update_stack if self.exists(name) else client.create_stack)(**arguments)
        stack = self._settled(name)
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailedError(self.reasons(name))
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def delete(self, name: str) -> None:
        identifier = self._client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self._client.delete_stack(StackName=name)
        stack = self._settled(identifier)
        if stack["StackStatus"] != "DELETE_COMPLETE":
            raise StackFailedError(self.reasons(identifier))

    def exists(self, name: str) -> bool:
        listed = self._client.list_stacks()["StackSummaries"]
        return any(s["StackName"] == name and s["StackStatus"] != "DELETE_COMPLETE" for s in listed)

    def reasons(self, name: str) -> str:
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events
            if event.get("ResourceStatusReason")
            and event["ResourceStatus"].endswith(("FAILED", "ROLLBACK_IN_PROGRESS"))
        )

    def _settled(self, name: str) -> Any:
        while True:
            stack = self._client.describe_stacks(StackName=name)["Stacks"][0]
            if "IN_PROGRESS" not in stack["StackStatus"]:
                return stack
            time.sleep(0.02)

    @property
    def _client(self) -> Any:
        return self.session.client("cloudformation")


def template(resources: Mapping[str, Any], **outputs: Any) -> str:
    described = {key: {"Value": value} for key, value in outputs.items()}
    return json.dumps({"Resources": resources, "Outputs": described})


def trusted_by(service: str, *policies: str) -> dict[str, Any]:
    """A role for that service with the managed policies of these names."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": f"{service}.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{name}" for name in policies],
        },
    }


def function(code: str, *, role: str = "Role", **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.14",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": [role, "Arn"]},
            "Code": {"ZipFile": code},
            "Timeout": 30,
            **properties,
        },
    }


def zipped(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
