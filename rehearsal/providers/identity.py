"""As whom an action speaks to AWS, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.engine.ports import ActionRequest

if TYPE_CHECKING:
    import boto3


def region_of(request: ActionRequest) -> str:
    return request.action.region or request.region


def session_of(request: ActionRequest) -> boto3.session.Session:
    """The action's own role, or the pipeline's where the action names none."""
    return request.sessions.assume(request.action.role_arn, region=region_of(request))


def pipeline_session_of(request: ActionRequest) -> boto3.session.Session:
    return request.sessions.assume(None, region=region_of(request))
