"""What an account lacks to call a model is named, with the command that gives it."""

from collections.abc import Callable
from typing import Any

import pytest

from blocks.models import CATALOGUE, HAIKU, TITAN_EMBED
from config.delivery import Delivery
from config.mistakes import DeliveryError
from pipeline.model_access import access_troubles
from pipeline.models import findings
from tests.delivery.accounts.conftest import Bedrock

MakeBedrock = Callable[[], Bedrock]


def _troubles(bedrock: Bedrock, *, submitted: bool = True, **differences: Any) -> list[str]:
    bedrock.form(submitted=submitted)
    bedrock.availability(HAIKU, **differences)
    with bedrock.answering() as client:
        return list(access_troubles(HAIKU, region="us-east-1", bedrock=client))


def test_an_account_that_agreed_and_said_its_use_case_may_call(bedrock: MakeBedrock) -> None:
    assert _troubles(bedrock()) == []


def test_a_new_account_is_told_of_the_first_use_form(bedrock: MakeBedrock) -> None:
    (trouble,) = _troubles(bedrock(), submitted=False)
    assert "aws bedrock put-use-case-for-model-access --region us-east-1" in trouble


def test_a_missing_agreement_names_the_command_that_agrees(bedrock: MakeBedrock) -> None:
    (trouble,) = _troubles(bedrock(), agreementAvailability={"status": "NOT_AVAILABLE"})
    assert f"create-foundation-model-agreement --region us-east-1 --model-id {HAIKU.foundation}" in trouble
    assert "aws-marketplace:Subscribe" in trouble


def test_an_agreement_in_the_making_says_to_wait(bedrock: MakeBedrock) -> None:
    (trouble,) = _troubles(bedrock(), agreementAvailability={"status": "PENDING"})
    assert "ask again in 15 minutes" in trouble


def test_what_aws_says_of_a_failed_agreement_is_passed_on(bedrock: MakeBedrock) -> None:
    failed = {"status": "ERROR", "errorMessage": "INVALID_PAYMENT_INSTRUMENT"}
    (trouble,) = _troubles(bedrock(), agreementAvailability=failed)
    assert "agreement is ERROR (INVALID_PAYMENT_INSTRUMENT)" in trouble


@pytest.mark.parametrize(
    ("differences", "remedy"),
    [
        ({"authorizationStatus": "NOT_AUTHORIZED"}, "a policy that denies"),
        ({"entitlementAvailability": "NOT_AVAILABLE"}, "a payment method"),
        ({"regionAvailability": "NOT_AVAILABLE"}, "deliver to a region that offers it"),
    ],
)
def test_each_answer_of_bedrock_has_a_remedy_of_its_own(
    bedrock: MakeBedrock, differences: dict[str, Any], remedy: str
) -> None:
    (trouble,) = _troubles(bedrock(), **differences)
    assert remedy in trouble


def test_amazons_own_models_have_no_form(bedrock: MakeBedrock) -> None:
    asked = bedrock()
    asked.availability(TITAN_EMBED)
    with asked.answering() as client:
        assert list(access_troubles(TITAN_EMBED, region="us-east-1", bedrock=client)) == []


def test_a_refusal_by_aws_is_a_trouble_and_no_traceback(bedrock: MakeBedrock) -> None:
    asked = bedrock()
    asked.answers.add_client_error("get_use_case_for_model_access", "AccessDeniedException")
    with asked.answering() as client:
        (trouble,) = access_troubles(HAIKU, region="us-east-1", bedrock=client)
    assert "AccessDenied" in trouble


def test_every_region_of_the_delivery_is_asked(delivery: Delivery, bedrock: MakeBedrock) -> None:
    asked = bedrock()
    asked.whole_catalogue()
    with asked.answering() as client:
        found = list(findings(delivery, client=lambda _: client))
    assert [line for line, _ in found] == [
        "account of your credentials, region us-east-1",
        *(f"{model.id_in('us-east-1')} in us-east-1: ACTIVE, and may be called" for model in CATALOGUE),
    ]
    assert all(is_well for _, is_well in found)


def test_models_that_are_not_well_are_told_apart(delivery: Delivery, bedrock: MakeBedrock) -> None:
    asked = bedrock()
    asked.whole_catalogue(legacy=TITAN_EMBED.foundation, unavailable=HAIKU.foundation)
    with asked.answering() as client:
        found = list(findings(delivery, client=lambda _: client))
    assert [is_well for _, is_well in found] == [True, True, False, False]


def test_an_account_without_credentials_is_named_and_others_are_asked(delivery: Delivery) -> None:
    def nobody(_: object) -> Any:
        raise DeliveryError("account 222222222222 is needed")

    assert list(findings(delivery, client=nobody))[-1] == ("account 222222222222 is needed", False)
