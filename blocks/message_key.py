"""The key of an environment's topics: one for all applications, since each key costs a dollar a month.

AWS's own key for SNS does not do: CloudWatch may not use it, and an alarm would reach nobody. The key
stands in the environment's first stack and is made when the first topic asks for it.
"""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

_ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
_WAIT = Duration.days(7)
"""Until a deleted key is gone: it encrypts what is on its way only."""


class MessageKey:
    def __init__(self, *, stack: Stack) -> None:
        self._stack = stack
        self._made: kms.Key | None = None

    @property
    def key(self) -> kms.Key:
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def use(self) -> iam.PolicyStatement:
        """For a role that publishes: SNS encrypts with the permissions of who sends the message."""
        return iam.PolicyStatement(actions=list(_ENCRYPT), resources=[self.key.key_arn])

    def _make(self) -> kms.Key:
        key = kms.Key(
            self._stack,
            "MessageKey",
            description="Messages of the topics of this environment",
            enable_key_rotation=True,
            pending_window=_WAIT,
            removal_policy=RemovalPolicy.DESTROY,
        )
        key.add_to_resource_policy(_alarms_may_encrypt())
        return key


def _alarms_may_encrypt() -> iam.PolicyStatement:
    """Whose alarms may publish is said by each topic's policy."""
    return iam.PolicyStatement(
        sid="AlarmsReachEncryptedTopics",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=list(_ENCRYPT),
        resources=["*"],
    )
