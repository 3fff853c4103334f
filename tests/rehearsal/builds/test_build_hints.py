"""A failed build whose tool called AWS itself says so, and what to do."""

import pytest

from rehearsal.builds.logs.hints import FailureHints


def hint(*lines: str, failure: str = "exit status 1") -> str:
    calls = FailureHints()
    for line in lines:
        calls.write(line)
    return calls.hint(failure)


@pytest.mark.parametrize(
    "line",
    [
        "InvalidClientTokenId: The security token included in the request is invalid.",
        "fail: UnrecognizedClientException",
        "An error occurred (InvalidAccessKeyId) when calling the PutObject operation",
        "AuthFailure: AWS was not able to validate the provided access credentials",
        "Error: getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com",
        "dial tcp: lookup sts.eu-west-1.amazonaws.com on 127.0.0.53:53: no such host",
        'Could not connect to the endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
        "Need to perform AWS calls for account 111122223333, but no credentials have been configured",
    ],
)
def test_what_a_call_to_aws_leaves_in_a_log(line: str) -> None:
    found = hint("fine", line, "fine")
    assert "called AWS itself" in found
    assert "cdkAssetsCliVersion" in found


@pytest.mark.parametrize(
    "installed", ["npm install -g cdk-assets@2", "npm i cdk-assets@^2.155.0", "npx -y cdk-assets@2.15"]
)
def test_the_old_asset_publisher_is_named_when_it_fails(installed: str) -> None:
    assert hint(installed, failure="Error while executing command: cdk-assets --path x").startswith(
        "cdk-assets 2"
    )
    assert hint(installed, failure="Error while executing command: npm test") == ""


@pytest.mark.parametrize(
    "line",
    [
        "npm install -g cdk-assets@3",
        "npm install -g cdk-assets@latest",
        "getaddrinfo ENOTFOUND registry.example.com",
        "AccessDenied: not authorized to perform: s3:PutObject",
        "see https://docs.aws.amazon.com/ for more",
    ],
)
def test_other_failures_get_no_hint(line: str) -> None:
    assert hint(line, failure="Error while executing command: cdk-assets") == ""


def test_a_cdk_cli_that_cannot_read_the_assembly_is_named() -> None:
    mismatch = (
        "(Cloud assembly schema version mismatch: Maximum schema version supported is 43.x.x, found 55.0.0.)"
    )
    assert "aws-cdk@2" in hint(mismatch, failure="Error while executing command: cdk synth")
    assert "Pin an aws-cdk-lib" in hint(
        mismatch, failure="Error while executing command: cdk-assets --path x"
    )


def test_a_variable_that_the_build_does_not_have_is_named() -> None:
    found = hint("KeyError: 'API_HOST'", failure="Error while executing command: npx cdk synth")
    assert "API_HOST" in found
    assert "`env` of the step" in found
