"""What a pipeline's environments are called in CodePipeline, in the templates and in policies."""

from config.delivery import Environment, Pipeline


def stage_name(pipeline: Pipeline, environment: Environment) -> str:
    """In the pipeline, and what the names of its stacks begin with."""
    prefix = f"{camel(pipeline.name)}-" if pipeline.name else ""
    return f"{prefix}{camel(environment.name)}"


def camel(name: str) -> str:
    """`pre-prod` as a construct id, `PreProd`."""
    return "".join(part.capitalize() for part in name.split("-"))
