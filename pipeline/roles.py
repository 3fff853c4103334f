"""One role for each action that starts a build: it may start that build and nothing else."""

from aws_cdk import aws_iam as iam
from constructs import Construct


class ActionRoles(Construct):
    """Trusted to the pipeline's own role only; CDK adds the right to start the one project."""

    def __init__(self, scope: Construct, construct_id: str, *, pipeline_role: iam.IRole) -> None:
        super().__init__(scope, construct_id)
        self._pipeline_role = pipeline_role

    def smoke_build(self, name: str, environment: str) -> iam.Role:
        """Named, so that the smoke role of another account can say whom it trusts."""
        return iam.Role(
            self,
            f"{environment}-SmokeBuild",
            role_name=name,
            description=f"Builds that run the smoke tests of {environment}",
            assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
        )

    def role(self, name: str) -> iam.Role:
        return iam.Role(
            self,
            name,
            description=f"Starts the build of the action {name}",
            assumed_by=iam.ArnPrincipal(self._pipeline_role.role_arn),
        )
