"""Chooses the handler of a custom resource: the user's own function, or a replacement for CDK's.

CDK's own custom resources use Node functions with an SDK that this machine may lack. They are recognised and
implemented here, with the permissions of the function's role. Any other function is the user's: it is invoked
with CloudFormation's event and responds to the `ResponseURL`.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.cloudformation.custom import buckets, framework, sdk_call, small
from rehearsal.cloud.cloudformation.custom.answers import answer_for_failed_functions
from rehearsal.cloud.cloudformation.custom.request import CustomHandler, CustomRequest, Kind, Provider
from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

BY_TYPE: Mapping[str, CustomHandler] = {
    "Custom::VpcRestrictDefaultSG": small.restrict_default_security_group,
    "Custom::S3AutoDeleteObjects": buckets.auto_delete_objects,
    "Custom::CDKBucketDeployment": buckets.deploy,
    "Custom::LogRetention": small.log_retention,
    "Custom::ECRAutoDeleteImages": small.delete_images,
    "Custom::CrossRegionExportWriter": small.write_exports,
    "Custom::CrossRegionExportReader": small.read_exports,
    "Custom::CrossRegionStringParameterReader": small.read_string_parameter,
    "Custom::AWSCDKOpenIdConnectProvider": small.open_id_provider,
}
_PARAMETERS = ("request_type", "logical_id", "props", "stack_name", "stack_id", "resource_type")


def attach(cloud: Cloud) -> None:
    guard = Guard("custom resources")
    native = guard.module("ministack.services.cloudformation.custom_resource")
    invoke = guard.function(native, "invoke_custom_resource", _PARAMETERS)
    as_text = guard.function(native, "_normalise_resource_properties", ("value",))
    context = guard.module("ministack.core.responses")
    find = _Functions(guard)
    answer_for_failed_functions(guard)

    def invoke_custom_resource(
        request_type: Kind,
        logical_id: str,
        props: dict[str, Any],
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: dict[str, Any] | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        provider = find.provider(str(props.get("ServiceToken", "")))
        handler = _handler(resource_type, props, provider) if provider else None
        if provider is None or handler is None:
            arguments = (request_type, logical_id, props, stack_name, stack_id, resource_type)
            return invoke(*arguments, physical_id, old_props)  # type: ignore[no-any-return]
        request = CustomRequest(
            cloud=cloud,
            kind=request_type,
            type_name=resource_type,
            logical_id=logical_id,
            physical_id=physical_id or "",
            properties=as_text(props),
            old_properties=as_text(old_props or {}),
            stack_name=stack_name,
            stack_id=stack_id,
            region=context.get_region(),
            provider=provider,
        )
        result = handler(request)
        return result.physical_id, dict(result.attributes)

    native.invoke_custom_resource = invoke_custom_resource


def _handler(resource_type: str, props: Mapping[str, Any], provider: Provider) -> CustomHandler | None:
    if resource_type in BY_TYPE:
        return BY_TYPE[resource_type]
    if sdk_call.is_sdk_call(props):
        return sdk_call.run
    return framework.run if framework.ON_EVENT in provider.variables else None


class _Functions:
    """ministack's table of functions."""

    def __init__(self, guard: Guard) -> None:
        functions = guard.module("ministack.services.lambda_svc")
        runtime = guard.module("ministack.core.lambda_runtime")
        self._record = guard.function(functions, "_get_func_record_for_ref", ())
        self._credentials = guard.function(runtime, "execution_credentials", ("config",))

    def provider(self, token: str) -> Provider | None:
        _record, config, name = self._record(token)
        if config is None:
            return None
        lent = self._credentials(config)
        return Provider(
            arn=token,
            name=name,
            handler=config.get("Handler", ""),
            variables=config.get("Environment", {}).get("Variables", {}),
            key=AccessKey(
                key_id=lent["AWS_ACCESS_KEY_ID"],
                secret=lent["AWS_SECRET_ACCESS_KEY"],
                token=lent["AWS_SESSION_TOKEN"] or None,
            ),
        )
