"""AWS-managed policies that ministack lacks, as AWS publishes them.

A policy that is not listed is unknown, like a misspelt one; it never defaults to allowing everything.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

Statement = Mapping[str, Any]


def _allow(actions: Sequence[str], resources: Sequence[str] = ("*",), **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


_ECR_READ = (
    "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy", "ecr:DescribeRepositories", "ecr:ListImages", "ecr:DescribeImages",
    "ecr:BatchGetImage", "ecr:GetLifecyclePolicy", "ecr:GetLifecyclePolicyPreview",
    "ecr:ListTagsForResource", "ecr:DescribeImageScanFindings",
)  # fmt: skip
_SHIFT_TRAFFIC = ("cloudwatch:DescribeAlarms", "lambda:UpdateAlias", "lambda:GetAlias",
                  "lambda:GetProvisionedConcurrencyConfig")  # fmt: skip
_REVISIONS: Sequence[Statement] = (
    _allow(("s3:GetObject", "s3:GetObjectVersion"), ("arn:aws:s3:::*/CodeDeploy/*",)),
    _allow(
        ("s3:GetObject", "s3:GetObjectVersion"),
        Condition={"StringEquals": {"s3:ExistingObjectTag/UseWithCodeDeploy": "true"}},
    ),
    _allow(("lambda:InvokeFunction",), ("arn:aws:lambda:*:*:function:CodeDeployHook_*",)),
)

POLICIES: Mapping[str, Sequence[Statement]] = {
    "service-role/AmazonRDSEnhancedMonitoringRole": (
        _allow(("logs:CreateLogGroup", "logs:PutRetentionPolicy"), ("arn:aws:logs:*:*:log-group:RDS*",)),
        _allow(
            ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:GetLogEvents"),
            ("arn:aws:logs:*:*:log-group:RDS*:log-stream:*",),
        ),
    ),
    "service-role/AWSCodeDeployRoleForLambda": (_allow((*_SHIFT_TRAFFIC, "sns:Publish")), *_REVISIONS),
    "service-role/AWSCodeDeployRoleForLambdaLimited": (_allow(_SHIFT_TRAFFIC), *_REVISIONS),
    "AmazonEC2ContainerRegistryReadOnly": (_allow(_ECR_READ),),
    "AWSCodePipelineApproverAccess": (
        _allow(
            (
                "codepipeline:GetPipeline",
                "codepipeline:GetPipelineState",
                "codepipeline:GetPipelineExecution",
                "codepipeline:ListPipelineExecutions",
                "codepipeline:ListPipelines",
                "codepipeline:PutApprovalResult",
            )
        ),
    ),
    "AWSStepFunctionsFullAccess": (_allow(("states:*",)),),
    "AmazonSESFullAccess": (_allow(("ses:*",)),),
}


def apply(_cloud: Cloud) -> None:
    guard = Guard("AWS-managed policies")
    iam = guard.module("ministack.services.iam")
    known = guard.attribute(iam, "_aws_managed_policies")
    record = guard.function(iam, "_make_aws_managed_record", ("name", "document"))
    prefix = guard.attribute(iam, "_AWS_MANAGED_POLICY_PREFIX")
    guard.that(f"{prefix}AdministratorAccess" in known, "it brings no AdministratorAccess")
    for name, statements in POLICIES.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        known.setdefault(f"{prefix}{name}", record(name, document, f"AWS-managed policy {name}."))
