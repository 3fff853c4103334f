"""Stack outputs for later actions, with URLs that exist on AWS only replaced by local ones."""

from collections.abc import Mapping

from rehearsal.emulator.urls import local_url
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.results import Fidelity, Gap
from rehearsal.providers.identity import session_of


def reachable(
    request: ActionRequest, stack: str, outputs: Mapping[str, str]
) -> tuple[dict[str, str], tuple[Gap, ...]]:
    """The outputs, and a gap for each one that was rewritten."""
    endpoint = session_of(request).client("cloudformation").meta.endpoint_url
    local = {key: local_url(value, endpoint_url=endpoint) for key, value in outputs.items()}
    gaps = tuple(
        Gap(
            subject=f"output {stack}.{key}",
            fidelity=Fidelity.EMULATED,
            reason=f"{outputs[key]} is replaced by {value}",
        )
        for key, value in local.items()
        if value != outputs[key]
    )
    return local, gaps
