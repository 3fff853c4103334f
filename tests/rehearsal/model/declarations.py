"""A small pipeline in the API's spelling, and ways to change it."""

import copy
from collections.abc import Callable
from typing import Any

from rehearsal.model.definition import Pipeline
from rehearsal.model.parse import parse

ROLE = "arn:aws:iam::111111111111:role/pipeline"

DECLARATION: dict[str, Any] = {
    "name": "demo",
    "roleArn": ROLE,
    "artifactStore": {"type": "S3", "location": "artifacts", "encryptionKey": {"id": "key", "type": "KMS"}},
    "pipelineType": "V2",
    "executionMode": "QUEUED",
    "variables": [{"name": "who", "defaultValue": "world"}],
    "triggers": [
        {
            "providerType": "CodeStarSourceConnection",
            "gitConfiguration": {
                "sourceActionName": "Repo",
                "push": [{"branches": {"includes": ["main"]}, "filePaths": {"excludes": ["docs/**"]}}],
            },
        }
    ],
    "stages": [
        {
            "name": "Source",
            "actions": [
                {
                    "name": "Repo",
                    "actionTypeId": {
                        "category": "Source",
                        "owner": "AWS",
                        "provider": "CodeStarSourceConnection",
                        "version": "1",
                    },
                    "configuration": {"FullRepositoryId": "acme/demo", "BranchName": "main"},
                    "outputArtifacts": [{"name": "Code"}],
                    "namespace": "Source@acme_demo",
                }
            ],
        },
        {
            "name": "Build",
            "onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}},
            "onSuccess": {
                "conditions": [
                    {
                        "result": "ROLLBACK",
                        "rules": [
                            {
                                "name": "Bake",
                                "ruleTypeId": {
                                    "category": "Rule",
                                    "owner": "AWS",
                                    "provider": "CloudWatchAlarm",
                                    "version": "1",
                                },
                                "configuration": {"AlarmName": "errors", "WaitTime": "5"},
                            }
                        ],
                    }
                ]
            },
            "actions": [
                {
                    "name": "Synth",
                    "actionTypeId": {
                        "category": "Build",
                        "owner": "AWS",
                        "provider": "CodeBuild",
                        "version": "1",
                    },
                    "runOrder": 2,
                    "configuration": {"ProjectName": "synth", "Commit": "#{Source@acme_demo.CommitId}"},
                    "inputArtifacts": [{"name": "Code"}],
                    "outputArtifacts": [{"name": "Assembly"}],
                    "roleArn": ROLE,
                    "timeoutInMinutes": 30,
                }
            ],
        },
    ],
}

Change = Callable[[dict[str, Any]], object]


def declaration(change: Change | None = None) -> dict[str, Any]:
    changed = copy.deepcopy(DECLARATION)
    if change:
        change(changed)
    return changed


def pipeline(change: Change | None = None) -> Pipeline:
    return parse(declaration(change), account="111111111111", region="eu-west-1")


def in_cloudformation(value: Any) -> Any:
    """The same in CloudFormation's spelling: capitals, and numbers as text."""
    if isinstance(value, list):
        return [in_cloudformation(item) for item in value]
    if isinstance(value, dict):
        return {
            key[0].upper() + key[1:]: item if key == "configuration" else in_cloudformation(item)
            for key, item in value.items()
        }
    return str(value)


SYNTH_SECONDS = {"Synth": 9.0, "Test": 4.0}
"""How long some actions take, for a critical path."""
