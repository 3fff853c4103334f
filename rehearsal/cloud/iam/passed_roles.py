"""Where a template's resource or an API call passes a role to a service.

Both need `iam:PassRole` on the role, with the service as `iam:PassedToService`. This is the only table of
passed roles; a path through a list applies to each of its elements.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.cloud.iam.needs import Need

_ROLE = re.compile(r"^arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?!aws-service-role/)")

Paths = Mapping[str, str]
"""The service principal by the path of the role."""

BY_TYPE: Mapping[str, Paths] = {
    "AWS::ApiGateway::Account": {"CloudWatchRoleArn": "apigateway"},
    "AWS::ApiGateway::Authorizer": {"AuthorizerCredentials": "apigateway"},
    "AWS::ApiGateway::Method": {"Integration.Credentials": "apigateway"},
    "AWS::ApiGatewayV2::Integration": {"CredentialsArn": "apigateway"},
    "AWS::AppSync::DataSource": {"ServiceRoleArn": "appsync"},
    "AWS::ApplicationAutoScaling::ScalableTarget": {"RoleARN": "application-autoscaling"},
    "AWS::BedrockAgentCore::Memory": {"MemoryExecutionRoleArn": "bedrock-agentcore"},
    "AWS::BedrockAgentCore::Runtime": {"RoleArn": "bedrock-agentcore"},
    "AWS::CloudTrail::Trail": {"CloudWatchLogsRoleArn": "cloudtrail"},
    "AWS::CodeBuild::Project": {"ServiceRole": "codebuild"},
    "AWS::CodeDeploy::DeploymentGroup": {"ServiceRoleArn": "codedeploy"},
    "AWS::CodePipeline::Pipeline": {
        "RoleArn": "codepipeline",
        "Stages.Actions.RoleArn": "codepipeline",
    },
    "AWS::Cognito::IdentityPoolRoleAttachment": {
        "Roles.authenticated": "cognito-identity",
        "Roles.unauthenticated": "cognito-identity",
    },
    "AWS::Cognito::UserPool": {"SmsConfiguration.SnsCallerArn": "cognito-idp"},
    "AWS::EC2::FlowLog": {"DeliverLogsPermissionArn": "vpc-flow-logs"},
    "AWS::ECS::TaskDefinition": {"ExecutionRoleArn": "ecs-tasks", "TaskRoleArn": "ecs-tasks"},
    "AWS::Events::Rule": {"RoleArn": "events", "Targets.RoleArn": "events"},
    "AWS::KinesisFirehose::DeliveryStream": {"S3DestinationConfiguration.RoleARN": "firehose"},
    "AWS::Lambda::Function": {"Role": "lambda"},
    "AWS::Logs::SubscriptionFilter": {"RoleArn": "logs"},
    "AWS::Pipes::Pipe": {"RoleArn": "pipes"},
    "AWS::RDS::DBCluster": {"MonitoringRoleArn": "monitoring.rds"},
    "AWS::RDS::DBInstance": {"MonitoringRoleArn": "monitoring.rds"},
    "AWS::S3::Bucket": {"ReplicationConfiguration.Role": "s3"},
    "AWS::Scheduler::Schedule": {"Target.RoleArn": "scheduler"},
    "AWS::StepFunctions::StateMachine": {"RoleArn": "states"},
}
BY_ACTION: Mapping[str, Paths] = {
    "application-autoscaling:RegisterScalableTarget": {"RoleARN": "application-autoscaling"},
    "bedrock-agentcore:CreateAgentRuntime": {"roleArn": "bedrock-agentcore"},
    "bedrock-agentcore:UpdateAgentRuntime": {"roleArn": "bedrock-agentcore"},
    "bedrock-agentcore:CreateMemory": {"memoryExecutionRoleArn": "bedrock-agentcore"},
    "cloudtrail:CreateTrail": {"CloudWatchLogsRoleArn": "cloudtrail"},
    "cloudformation:CreateStack": {"RoleARN": "cloudformation"},
    "cloudformation:UpdateStack": {"RoleARN": "cloudformation"},
    "cloudformation:DeleteStack": {"RoleARN": "cloudformation"},
    "cloudformation:CreateChangeSet": {"RoleARN": "cloudformation"},
    "cloudformation:RollbackStack": {"RoleARN": "cloudformation"},
    "cloudformation:ContinueUpdateRollback": {"RoleARN": "cloudformation"},
    "codebuild:CreateProject": {"serviceRole": "codebuild"},
    "codebuild:UpdateProject": {"serviceRole": "codebuild"},
    "codedeploy:CreateDeploymentGroup": {"serviceRoleArn": "codedeploy"},
    "codedeploy:UpdateDeploymentGroup": {"serviceRoleArn": "codedeploy"},
    "codepipeline:CreatePipeline": {
        "pipeline.roleArn": "codepipeline",
        "pipeline.stages.actions.roleArn": "codepipeline",
    },
    "codepipeline:UpdatePipeline": {
        "pipeline.roleArn": "codepipeline",
        "pipeline.stages.actions.roleArn": "codepipeline",
    },
    "cognito-identity:SetIdentityPoolRoles": {
        "Roles.authenticated": "cognito-identity",
        "Roles.unauthenticated": "cognito-identity",
    },
    "ec2:CreateFlowLogs": {"DeliverLogsPermissionArn": "vpc-flow-logs"},
    "ecs:RegisterTaskDefinition": {"executionRoleArn": "ecs-tasks", "taskRoleArn": "ecs-tasks"},
    "ecs:RunTask": {"overrides.executionRoleArn": "ecs-tasks", "overrides.taskRoleArn": "ecs-tasks"},
    "events:PutRule": {"RoleArn": "events"},
    "events:PutTargets": {"Targets.RoleArn": "events"},
    "lambda:CreateFunction": {"Role": "lambda"},
    "lambda:UpdateFunctionConfiguration": {"Role": "lambda"},
    "logs:PutSubscriptionFilter": {"roleArn": "logs"},
    "pipes:CreatePipe": {"RoleArn": "pipes"},
    "pipes:UpdatePipe": {"RoleArn": "pipes"},
    "rds:CreateDBCluster": {"MonitoringRoleArn": "monitoring.rds"},
    "rds:CreateDBInstance": {"MonitoringRoleArn": "monitoring.rds"},
    "rds:ModifyDBInstance": {"MonitoringRoleArn": "monitoring.rds"},
    "scheduler:CreateSchedule": {"Target.RoleArn": "scheduler"},
    "scheduler:UpdateSchedule": {"Target.RoleArn": "scheduler"},
    "states:CreateStateMachine": {"roleArn": "states"},
    "states:UpdateStateMachine": {"roleArn": "states"},
}


def passed_by_resource(type_name: str, properties: Mapping[str, Any], *, account: str) -> Iterator[Need]:
    return _passed(BY_TYPE.get(type_name, {}), properties, account)


def passed_by_call(action: str, arguments: Mapping[str, Any], *, account: str) -> Iterator[Need]:
    return _passed(BY_ACTION.get(action, {}), arguments, account)


def newly_passed(
    type_name: str, properties: Mapping[str, Any], old: Mapping[str, Any], *, account: str
) -> Iterator[Need]:
    """On update, a role counts as passed only if it changed."""
    before = list(passed_by_resource(type_name, old, account=account))
    return (need for need in passed_by_resource(type_name, properties, account=account) if need not in before)


def _passed(paths: Paths, document: Mapping[str, Any], account: str) -> Iterator[Need]:
    for path, service in paths.items():
        for role in _at(document, path.split(".")):
            found = _ROLE.match(str(role))
            if found and found["account"] == account:
                passed_to = {"iam:passedtoservice": f"{service}.amazonaws.com"}
                yield Need(action="iam:PassRole", resource=str(role), context=passed_to)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
