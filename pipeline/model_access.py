"""Whether an account may call a model at all, and which command a person runs where it may not.

ACTIVE says that a model exists. To call one of another provider than Amazon an account also needs the
provider's agreement, which AWS Marketplace keeps, and Anthropic asks each account (or its organisation's
management account) once what the models are for. Bedrock would subscribe by itself at a first call, with
the rights of who calls; the roles of functions and agents have no rights in AWS Marketplace, and nobody's
first question should wait for that. So a person agrees before the first delivery.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.models import Model

_FORM = (
    '{"companyName": "…", "companyWebsite": "https://…", "intendedUsers": "0", "industryOption": "…", '
    '"otherIndustryOption": "", "useCases": "…"}'
)
USE_CASE = (
    "submit Anthropic's first-use form: open an Anthropic model in the console's model catalog, or write "
    f"use-case.json as {_FORM} and run: aws bedrock put-use-case-for-model-access --region REGION "
    "--form-data fileb://use-case.json"
)
AGREEMENT = (
    "read the terms and agree, with aws-marketplace:Subscribe and a payment method in the account: aws "
    "bedrock create-foundation-model-agreement --region REGION --model-id MODEL --offer-token "
    '"$(aws bedrock list-foundation-model-agreement-offers --region REGION --model-id MODEL --query '
    "'offers[0].offerToken' --output text)\""
)
PENDING = "AWS Marketplace is working on it; ask again in 15 minutes"
AUTHORIZATION = (
    "the account or its organisation keeps these credentials from it: look for a policy that denies "
    "bedrock:InvokeModel or aws-marketplace:Subscribe, and for the first-use form"
)
ENTITLEMENT = (
    "the account has no entitlement: check that it has a payment method and that the agreement stands, "
    "then ask AWS Support"
)
REGION = "deliver to a region that offers it, or choose another model in blocks/models.py"


def access_troubles(model: Model, *, region: str, bedrock: Any) -> Iterator[str]:
    """What an account lacks; `bedrock` is boto3's client of the account and region."""
    try:
        lacking = [*_form(model, bedrock), *_availability(model, bedrock)]
    except (ClientError, BotoCoreError) as error:
        lacking = [f"its availability is not known: {error}"]
    for trouble in lacking:
        told = trouble.replace("REGION", region).replace("MODEL", model.foundation)
        yield f"{model.foundation} in {region}: {told}"


def _form(model: Model, bedrock: Any) -> Iterator[str]:
    if not model.foundation.startswith("anthropic."):
        return
    try:
        submitted = bool(bedrock.get_use_case_for_model_access().get("formData"))
    except bedrock.exceptions.ResourceNotFoundException:
        submitted = False
    if not submitted:
        yield f"the account has not said what it uses Anthropic's models for; {USE_CASE}"


def _availability(model: Model, bedrock: Any) -> Iterator[str]:
    found = bedrock.get_foundation_model_availability(modelId=model.foundation)
    if found["regionAvailability"] != "AVAILABLE":
        yield f"region availability is {found['regionAvailability']}; {REGION}"
        return
    agreement = found["agreementAvailability"]
    if agreement["status"] != "AVAILABLE":
        said = f" ({agreement['errorMessage']})" if agreement.get("errorMessage") else ""
        remedy = PENDING if agreement["status"] == "PENDING" else AGREEMENT
        yield f"agreement is {agreement['status']}{said}; {remedy}"
    if found["authorizationStatus"] != "AUTHORIZED":
        yield f"authorization is {found['authorizationStatus']}; {AUTHORIZATION}"
    if found["entitlementAvailability"] != "AVAILABLE":
        yield f"entitlement is {found['entitlementAvailability']}; {ENTITLEMENT}"
