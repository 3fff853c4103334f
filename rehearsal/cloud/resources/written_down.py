"""The table of types that are recorded, each with the reason a person should know."""

from rehearsal.cloud.resources.known import Known, uuid_of
from rehearsal.cloud.resources.recorded import Recorded

_NO_SCALING = "capacity is never scaled"
_NO_CODEDEPLOY = "CodeDeploy deploys nothing here; aliases and services change at once"
_NO_TRACING = "no traces are sampled or kept"
_NO_FINDINGS = "nothing is inspected, so nothing is ever found"


def _scaling_target(it: Known) -> str:
    p = it.properties
    return f"{p['ResourceId']}|{p['ScalableDimension']}|{p['ServiceNamespace']}"


def _scaling_policy(it: Known) -> str:
    p = it.properties
    resource, _, rest = str(p.get("ScalingTargetId", "")).partition("|")
    namespace = p.get("ServiceNamespace") or rest.rpartition("|")[2]
    target = f"{namespace}/{p.get('ResourceId') or resource}"
    return it.arn(
        "autoscaling", f"scalingPolicy:{uuid_of(it)}:resource/{target}:policyName/{p['PolicyName']}"
    )


def _rule_name(it: Known) -> str:
    return str(it.properties.get("SamplingRule", {}).get("RuleName") or it.name("RuleName", limit=32))


def _connection(service: str) -> Recorded:
    namespace = service.lower().replace("codestarc", "codestar-c")
    return Recorded(
        type_name=f"AWS::{service}::Connection",
        ref=lambda it: it.arn(namespace, f"connection/{uuid_of(it)}"),
        attributes=lambda it: {
            "ConnectionArn": it.id,
            "ConnectionStatus": "AVAILABLE",
            "OwnerAccountId": it.request.account,
        },
        reason="sources that name this connection are served from the local git remote",
    )


ROWS = (
    Recorded(
        type_name="AWS::ApplicationAutoScaling::ScalableTarget",
        ref=_scaling_target,
        attributes=lambda it: {"Id": it.id},
        reason=_NO_SCALING,
    ),
    Recorded(
        type_name="AWS::ApplicationAutoScaling::ScalingPolicy",
        ref=_scaling_policy,
        attributes=lambda it: {"Arn": it.id},
        reason=_NO_SCALING,
    ),
    Recorded(
        type_name="AWS::CodeDeploy::Application",
        ref=lambda it: it.name("ApplicationName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
    Recorded(
        type_name="AWS::CodeDeploy::DeploymentGroup",
        ref=lambda it: it.name("DeploymentGroupName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
    Recorded(
        type_name="AWS::CodeDeploy::DeploymentConfig",
        ref=lambda it: it.name("DeploymentConfigName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
    Recorded(
        type_name="AWS::XRay::SamplingRule",
        ref=lambda it: it.arn("xray", f"sampling-rule/{_rule_name(it)}"),
        attributes=lambda it: {"RuleARN": it.id},
        reason=_NO_TRACING,
    ),
    Recorded(
        type_name="AWS::XRay::Group",
        ref=lambda it: it.arn("xray", f"group/{it.name('GroupName', limit=32)}/{it.unique.upper()}"),
        attributes=lambda it: {"GroupARN": it.id},
        reason=_NO_TRACING,
    ),
    Recorded(
        type_name="AWS::S3Vectors::VectorBucket",
        ref=lambda it: it.arn("s3vectors", f"bucket/{it.name('VectorBucketName', limit=63).lower()}"),
        attributes=lambda it: {"VectorBucketArn": it.id, "CreationTime": "2026-01-01T00:00:00Z"},
        reason="the S3 Vectors API does not answer here",
    ),
    Recorded(
        type_name="AWS::S3Vectors::Index",
        ref=lambda it: f"{it.properties.get('VectorBucketArn', '')}/index/{it.name('IndexName', limit=63)}",
        attributes=lambda it: {"IndexArn": it.id, "CreationTime": "2026-01-01T00:00:00Z"},
        reason="the S3 Vectors API does not answer here",
    ),
    Recorded(
        type_name="AWS::CodeStarNotifications::NotificationRule",
        ref=lambda it: it.arn("codestar-notifications", f"notificationrule/{it.unique}"),
        attributes=lambda it: {"Arn": it.id},
        reason="its notifications are not sent",
    ),
    _connection("CodeConnections"),
    _connection("CodeStarConnections"),
    Recorded(
        type_name="AWS::CodeBuild::SourceCredential",
        ref=lambda it: it.arn("codebuild", f"token/{str(it.properties.get('ServerType', 'github')).lower()}"),
        attributes=lambda it: {"Arn": it.id},
        reason="sources are served from the local git remote and need no credential",
    ),
    Recorded(
        type_name="AWS::Chatbot::SlackChannelConfiguration",
        ref=lambda it: it.arn(
            "chatbot",
            f"chat-configuration/slack-channel/{it.properties['ConfigurationName']}",
            regional=False,
        ),
        attributes=lambda it: {"Arn": it.id},
        reason="nothing is posted to a chat",
    ),
    Recorded(
        type_name="AWS::GuardDuty::Detector",
        ref=lambda it: it.unique,
        attributes=lambda it: {"Id": it.id},
        reason=_NO_FINDINGS,
    ),
    Recorded(
        type_name="AWS::Config::ConfigRule",
        ref=lambda it: it.name("ConfigRuleName", limit=128),
        attributes=lambda it: {
            "Arn": it.arn("config", f"config-rule/config-rule-{it.unique}"),
            "ConfigRuleId": f"config-rule-{it.unique}",
            "Compliance.Type": "INSUFFICIENT_DATA",
        },
        reason=_NO_FINDINGS,
    ),
    Recorded(
        type_name="AWS::Budgets::Budget",
        ref=lambda it: str(it.properties["Budget"].get("BudgetName") or it.name("BudgetName", limit=100)),
        attributes=lambda it: {"Id": it.id},
        reason="nothing is charged, so no budget is ever reached",
    ),
    Recorded(
        type_name="AWS::Backup::BackupSelection",
        ref=lambda it: f"{uuid_of(it)}_{it.properties['BackupPlanId']}",
        attributes=lambda it: {"Id": it.id, "SelectionId": uuid_of(it)},
        reason="no backups are made",
    ),
    Recorded(
        type_name="AWS::Logs::QueryDefinition",
        ref=uuid_of,
        attributes=lambda it: {"QueryDefinitionId": it.id},
        reason="a saved query has no effect",
    ),
    Recorded(
        type_name="AWS::WAFv2::LoggingConfiguration",
        ref=lambda it: str(it.properties["ResourceArn"]),
        attributes=lambda _: {"ManagedByFirewallManager": False},
        reason="no request is filtered, so none is logged",
    ),
)
