"""What an environment's smoke tests may do.

The role stands in a stack of its own that deploys first. An application's stack adds a policy to it
by name, next to the resource that the policy allows, so that no stack exports anything and no
environment's tests can reach another environment.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from blocks.naming import Names
from blocks.waivers import acknowledge


class AccessStack(Stack):
    """The role that the pipeline's smoke builds become, and nothing else of the pipeline's account.

    The build role is named in a condition, which holds for a role of that name whenever it was made; a
    principal would have to be there first, and would be another once it was deleted and made again.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        pipeline_account: str | None,
        has_pipeline: bool,
    ) -> None:
        super().__init__(scope, construct_id, description="What the smoke tests of this environment may do")
        role = iam.Role(
            self,
            "SmokeRole",
            role_name=names.smoke_role,
            description=f"Smoke tests of {names.stage}, run by the delivery pipeline after a deployment",
            assumed_by=_build(names, pipeline_account or Aws.ACCOUNT_ID, has_pipeline=has_pipeline),
            max_session_duration=Duration.hours(1),
        )
        CfnOutput(self, "SmokeRoleArn", value=role.role_arn)


def _build(names: Names, account: str, *, has_pipeline: bool) -> iam.IPrincipal:
    """A sandbox has no pipeline: whoever works in its account and may assume roles runs its smoke tests."""
    whole = iam.AccountPrincipal(account)
    if not has_pipeline:
        return whole
    build = f"arn:{Aws.PARTITION}:iam::{account}:role/{names.smoke_build_role}"
    return iam.PrincipalWithConditions(whole, {"ArnEquals": {"aws:PrincipalArn": build}})


class SmokeAccess:
    """Grants to one environment's smoke role, from the stack that owns the resource."""

    def __init__(self, *, stack: AccessStack, names: Names) -> None:
        self._stack = stack
        self._names = names
        self._policies: dict[Stack, iam.Policy] = {}

    def allow(
        self,
        scope: Stack,
        *,
        actions: Sequence[str],
        resources: Sequence[str],
        wildcards: Mapping[str, str] | None = None,
    ) -> None:
        """`wildcards`: the findings on a resource that cannot be named more narrowly, and why not."""
        if scope not in self._policies:
            self._policies[scope] = self._policy(scope)
        statement = iam.PolicyStatement(actions=list(actions), resources=list(resources))
        self._policies[scope].add_statements(statement)
        acknowledge(self._policies[scope], wildcards or {})

    def _policy(self, scope: Stack) -> iam.Policy:
        scope.add_stack_dependency(self._stack)
        role = iam.Role.from_role_name(scope, "SmokeRole", self._names.smoke_role)
        # A role has one inline policy of a name: two stacks' would replace each other.
        return iam.Policy(scope, "SmokeAccess", policy_name=scope.node.id, roles=[role])
