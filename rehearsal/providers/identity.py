"""The role and region with which an action calls AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.engine.ports import ActionRequest

if TYPE_CHECKING:
    import boto3


def region_of(request: ActionRequest) -> str:
    return request.action.region or request.region


def session_of(request: ActionRequest) -> boto3.session.Session:
    """A session of the action's own role, or of the pipeline's role."""
    return request.sessions.assume(request.action.role_arn, region=region_of(request))


def pipeline_session_of(request: ActionRequest) -> boto3.session.Session:
    return request.sessions.assume(None, region=region_of(request))
