"""An account to ask: the embedded AWS, and Bedrock's answers, which the embedded AWS has no catalogue for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from blocks.models import CATALOGUE, Model
from rehearsal.daemon import client
from rehearsal.home import Home
from tests.delivery.accounts.embedded import ACCOUNT, REGION, ROOT, Embedded

AVAILABLE: dict[str, Any] = {
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


class Bedrock:
    """A client whose answers botocore checks against Bedrock's own description of them."""

    def __init__(self, region: str = "us-east-1") -> None:
        self.client = boto3.client(
            "bedrock", region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.answers = Stubber(self.client)

    def form(self, *, submitted: bool = True) -> None:
        name = "get_use_case_for_model_access"
        if submitted:
            self.answers.add_response(name, {"formData": b"{}"})
        else:
            self.answers.add_client_error(name, "ResourceNotFoundException", http_status_code=404)

    def availability(self, model: Model, **differences: Any) -> None:
        said = {"modelId": model.foundation, **AVAILABLE, **differences}
        self.answers.add_response("get_foundation_model_availability", said, {"modelId": model.foundation})

    def lifecycle(self, model: Model, status: str = "ACTIVE") -> None:
        details = {"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{model.foundation}"}
        said = {**details, "modelId": model.foundation, "modelLifecycle": {"status": status}}
        self.answers.add_response("get_foundation_model", {"modelDetails": said})

    def profile(self, model: Model, region: str = "us-east-1") -> None:
        name = model.id_in(region)
        said = {
            "inferenceProfileName": name,
            "inferenceProfileArn": f"arn:aws:bedrock:{region}:111111111111:inference-profile/{name}",
            "inferenceProfileId": name,
            "models": [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model.foundation}"}],
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED",
        }
        self.answers.add_response("get_inference_profile", said)

    def whole_catalogue(self, *, legacy: str = "", unavailable: str = "") -> None:
        for model in CATALOGUE:
            self.lifecycle(model, "LEGACY" if model.foundation == legacy else "ACTIVE")
            if model.through_profile:
                self.profile(model)
            if model.foundation.startswith("anthropic."):
                self.form()
            lacking = {"agreementAvailability": {"status": "NOT_AVAILABLE"}}
            self.availability(model, **(lacking if model.foundation == unavailable else {}))

    @contextmanager
    def answering(self) -> Iterator[Any]:
        with self.answers:
            yield self.client
            self.answers.assert_no_pending_responses()


@pytest.fixture
def bedrock() -> Callable[[], Bedrock]:
    return Bedrock


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    folder = tmp_path_factory.mktemp("embedded")
    home = Home(folder / ".slipway")
    endpoint = client.start(home, account=ACCOUNT, region=REGION)
    yield Embedded(endpoint=endpoint, home=folder / "person")
    client.stop(home)


@pytest.fixture
def shipped() -> Path:
    return ROOT / "delivery.toml"
