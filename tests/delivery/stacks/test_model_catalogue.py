"""T-AGT-2: one catalogue of models, and a check that asks Bedrock about them."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from blocks.models import HAIKU, SONNET, TITAN_EMBED, Model, NoSuchModelError, troubles

DETAILS: dict[str, Any] = {
    "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/any",
    "modelId": "any",
}


def _profile(model: Model, *, regions: list[str], status: str = "ACTIVE") -> dict[str, Any]:
    name = model.id_in("us-east-1")
    return {
        "inferenceProfileName": name,
        "inferenceProfileArn": f"arn:aws:bedrock:us-east-1:111111111111:inference-profile/{name}",
        "inferenceProfileId": name,
        "models": [
            {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model.foundation}"}
            for region in regions
        ],
        "status": status,
        "type": "SYSTEM_DEFINED",
    }


def _ask(model: Model, *, lifecycle: str = "ACTIVE", profile: dict[str, Any] | None = None) -> list[str]:
    bedrock = boto3.client(
        "bedrock", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(bedrock) as answers:
        details = {**DETAILS, "modelLifecycle": {"status": lifecycle}}
        answers.add_response("get_foundation_model", {"modelDetails": details})
        if profile:
            answers.add_response("get_inference_profile", profile)
        return list(troubles(model, region="us-east-1", bedrock=bedrock))


def test_a_profile_is_named_for_its_part_of_the_world() -> None:
    assert SONNET.id_in("us-west-2") == "us.anthropic.claude-sonnet-4-6"
    assert HAIKU.id_in("eu-west-1") == "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    assert TITAN_EMBED.id_in("eu-west-1") == "amazon.titan-embed-text-v2:0"


def test_a_region_without_a_profile_is_an_error_that_names_others() -> None:
    with pytest.raises(NoSuchModelError, match=r"sa-east-1.*us-east-1"):
        SONNET.id_in("sa-east-1")


def test_what_is_active_and_stays_in_its_regions_is_no_trouble() -> None:
    assert _ask(SONNET, profile=_profile(SONNET, regions=["us-east-1", "us-west-2"])) == []
    assert _ask(TITAN_EMBED) == []


def test_a_model_at_its_end_is_named() -> None:
    assert _ask(TITAN_EMBED, lifecycle="LEGACY") == ["amazon.titan-embed-text-v2:0 in us-east-1: LEGACY"]


def test_a_profile_that_reaches_a_region_that_no_role_is_allowed_is_named() -> None:
    (trouble,) = _ask(SONNET, profile=_profile(SONNET, regions=["us-east-1", "ca-central-1"]))
    assert "ca-central-1" in trouble
