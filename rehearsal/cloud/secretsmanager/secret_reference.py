"""Makes `Ref` of a secret its ARN; ministack returns the name.

Every policy that CDK writes for a secret names it by `Ref`. With the name, each of these grants would be
denied here although it is valid on AWS.
"""

from dataclasses import dataclass, replace

from rehearsal.emulator.extension import ResourceHandler, ResourceRequest, ResourceResult

TYPE_NAME = "AWS::SecretsManager::Secret"
_SUFFIX = "-123456"
"""The ARN of every secret ends with six random characters."""


@dataclass(frozen=True)
class SecretByArn(ResourceHandler):
    """Gives ARNs to the stack and names to the native handler."""

    native: ResourceHandler

    def create(self, request: ResourceRequest) -> ResourceResult:
        return _by_arn(self.native.create(request))

    def update(self, request: ResourceRequest) -> ResourceResult:
        return _by_arn(self.native.update(_by_name(request)))

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(_by_name(request))


def _by_arn(made: ResourceResult) -> ResourceResult:
    return replace(made, physical_id=str(made.attributes["Arn"]))


def _by_name(request: ResourceRequest) -> ResourceRequest:
    _, _, named = request.physical_id.rpartition(":secret:")
    return replace(request, physical_id=named[: -len(_SUFFIX)])
