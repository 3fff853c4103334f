"""Physical names, for the few resources that something outside CloudFormation must find by name.

Everything else is left to CloudFormation, so that a replacement never meets its predecessor's name.
"""

from dataclasses import dataclass

BOUNDARY = "delivery-boundary"
"""The managed policy that limits every role of every stack; `make bootstrap` makes it in each account."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """`Names(delivery="slipway", stage="dev").of("health")` is `slipway-dev-health`."""

    delivery: str
    stage: str

    def of(self, base: str) -> str:
        return f"{self.delivery}-{self.stage}-{base}"

    @property
    def health_alarm(self) -> str:
        """The one alarm that stands for all of an environment's; the pipeline bakes on it."""
        return self.of("health")

    @property
    def smoke_role(self) -> str:
        """What an environment's smoke tests are allowed; only their build may assume it."""
        return self.of("smoke")

    @property
    def smoke_build_role(self) -> str:
        """The builds of an environment's smoke tests, in the pipeline's account."""
        return self.of("smoke-build")
