"""Permissions boundaries of roles in templates, which ministack's CloudFormation drops.

Without them a role of a stack may do all that its policies allow, and every check of a boundary is empty. As
on AWS, a boundary that does not exist fails the role.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult

if TYPE_CHECKING:
    from mypy_boto3_iam.client import IAMClient

_PROPERTY = "PermissionsBoundary"


def apply(cloud: Cloud) -> None:
    cloud.wrap_resource("AWS::IAM::Role", lambda native: _BoundedRole(cloud, native))


@dataclass(frozen=True)
class _BoundedRole(ResourceHandler):
    cloud: Cloud
    native: ResourceHandler

    def create(self, request: ResourceRequest) -> ResourceResult:
        limit = request.properties.get(_PROPERTY)
        if limit and self.cloud.enforces_iam:
            self._iam(request).get_policy(PolicyArn=limit)  # fails before there is a role without a boundary
        made = self.native.create(request)
        if limit:
            self._put(request, made.physical_id, limit)
        return made

    def update(self, request: ResourceRequest) -> ResourceResult:
        made = self.native.update(request)
        limit, old = request.properties.get(_PROPERTY), request.old_properties.get(_PROPERTY)
        if limit:
            self._put(request, made.physical_id, limit)
        elif old and made.physical_id == request.physical_id:
            self._iam(request).delete_role_permissions_boundary(RoleName=made.physical_id)
        return made

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(request)

    def _put(self, request: ResourceRequest, role: str, limit: str) -> None:
        self._iam(request).put_role_permissions_boundary(RoleName=role, PermissionsBoundary=limit)

    def _iam(self, request: ResourceRequest) -> "IAMClient":
        return self.cloud.session(account=request.account, region=request.region).client("iam")
