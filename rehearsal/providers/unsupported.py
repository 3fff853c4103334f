"""Action types of CodePipeline that the rehearsal knows and does not run, with what to do instead."""

from collections.abc import Mapping

_IN_A_BUILD = "run its commands in a CodeBuild action"
_NO_INSTANCES = "there are no instances to deploy to here"
_EACH_ACCOUNT = "deploy the template with one CloudFormation action for each account and region"

_INSTEAD: Mapping[str, str] = {
    "AlexaSkillsKit": "the skill store is not on this machine",
    "AppConfig": "deploy the configuration by CloudFormation",
    "CloudFormationStackInstances": _EACH_ACCOUNT,
    "CloudFormationStackSet": _EACH_ACCOUNT,
    "CodeDeploy": f"{_NO_INSTANCES}; deploy by CloudFormation",
    "CodeDeployToECS": "deploy the service by CloudFormation; there is nothing to shift traffic with here",
    "CodePipeline": "start the other pipeline with `aws codepipeline start-pipeline-execution`",
    "Commands": "run the same commands in a CodeBuild action",
    "DeviceFarm": "the devices are not on this machine",
    "EC2": _NO_INSTANCES,
    "ECR": "there is no image registry here; use a source that the rehearsal serves",
    "ECRBuildAndPublish": "there is no Docker engine and no image registry here",
    "ECS": "update the service by CloudFormation",
    "EKS": f"there is no cluster to deploy to here; {_IN_A_BUILD}",
    "ElasticBeanstalk": _NO_INSTANCES,
    "InspectorScan": _IN_A_BUILD,
    "Jenkins": f"the rehearsal does not reach your server; {_IN_A_BUILD}",
    "OpsWorks": "AWS has ended the service",
    "ServiceCatalog": "deploy the product's template with a CloudFormation action",
    "Snyk": _IN_A_BUILD,
    "TeamCity": f"the rehearsal does not reach your server; {_IN_A_BUILD}",
}


def instead_of(provider: str) -> str | None:
    return _INSTEAD.get(provider)
