"""CodePipeline's own model of its API."""

from botocore.model import ServiceModel

from rehearsal.emulator import api_model

API = api_model.ApiModel(service="codepipeline", code="ValidationException")


def service_model() -> ServiceModel:
    return api_model.service_model(API.service)


def known_operations() -> list[str]:
    return API.operations
