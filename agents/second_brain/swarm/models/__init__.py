"""Which models the members think with: Bedrock's, or a script where nothing may depend on a model."""

from dataclasses import dataclass

from strands.models.model import Model

from agents.second_brain.swarm.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Models:
    main: Model
    fast: Model
    """For the router, whom everything waits for."""


def models_of(settings: Settings) -> Models:
    if settings.model_kind == "scripted":
        from agents.second_brain.swarm.models.scripted import ScriptedModel  # noqa: PLC0415 - only where used

        script = ScriptedModel()
        return Models(main=script, fast=script)
    from agents.second_brain.swarm.models.bedrock import bedrock_model  # noqa: PLC0415 - only where used

    return Models(main=bedrock_model(settings.model_id), fast=bedrock_model(settings.fast_model_id))
