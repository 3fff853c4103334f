"""Bedrock through its Converse API, bounded so that a slow model cannot use up the caller's time twice."""

from botocore.config import Config
from strands.models.bedrock import BedrockModel

_BOUNDS = Config(connect_timeout=3, read_timeout=18, retries={"max_attempts": 2, "mode": "standard"})
_LONGEST_ANSWER_TOKENS = 1200


def bedrock_model(model_id: str) -> BedrockModel:
    """`model_id`: an inference profile or a model."""
    return BedrockModel(
        model_id=model_id,
        boto_client_config=_BOUNDS,
        max_tokens=_LONGEST_ANSWER_TOKENS,
        temperature=0.2,
    )
