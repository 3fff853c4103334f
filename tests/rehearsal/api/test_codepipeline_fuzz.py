"""Whatever is sent to the CodePipeline API, it answers as the API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rehearsal.emulator.api_model import service_model
from tests.rehearsal.api_fuzz import Fuzz, Wire, complaints

if TYPE_CHECKING:
    from tests.rehearsal.api.conftest import Yard

MODEL = service_model("codepipeline")
ALLOWED = {shape.name for shape in MODEL.error_shapes} | {
    "SerializationException",
    "UnknownOperationException",
}


@pytest.fixture
def wire(yard: Yard) -> Iterator[Wire]:
    declaration: Any = yard.declaration()
    yard.codepipeline.create_pipeline(pipeline=declaration)
    execution = yard.codepipeline.start_pipeline_execution(name=yard.name)["pipelineExecutionId"]
    arn = f"arn:aws:codepipeline:{yard.endpoint.region}:{yard.endpoint.account}:{yard.name}"
    known: dict[str, list[Any]] = {
        "name": [yard.name, "nobody"],
        "pipelineName": [yard.name, "nobody"],
        "pipelineExecutionId": [execution, "x"],
        "stageName": ["Src", "nowhere"],
        "resourceArn": [arn, "x"],
        "pipeline": [yard.declaration()],
    }
    fuzz = Fuzz(service="codepipeline", target="CodePipeline_20150709", known=known)
    with httpx.Client(timeout=60) as client:
        yield Wire(endpoint=yard.endpoint, session=yard.aws, fuzz=fuzz, client=client)


def test_no_input_is_a_server_s_error(wire: Wire) -> None:
    """What deletes comes last, so that the others have something to be about."""
    operations = sorted(MODEL.operation_names, key=lambda name: name.startswith("Delete"))
    found = [complaints(wire, operation, count=60, allowed=ALLOWED) for operation in operations]
    assert [complaint for complaints_ in found for complaint in complaints_] == []
