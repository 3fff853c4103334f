"""The variables that a failed program names as missing, from what programs print."""

import time

import pytest

from rehearsal.cdk.missing_variables import missing_variables


@pytest.mark.parametrize(
    "line",
    [
        "KeyError: 'API_HOST'",
        "Error: process.env.API_HOST must be set",
        "    throw new Error: process.env.API_HOST is not defined",
        "Error: API_HOST is not set",
        "Error: API_HOST is required",
        "RuntimeError: environment variable API_HOST is missing",
        "Missing required environment variable: API_HOST",
        "Please set the env var `API_HOST`",
        "deploy.sh: line 3: API_HOST: unbound variable",
        "${API_HOST} must be provided",
        "ValueError: 'API_HOST' environment variable not found",
    ],
)
def test_a_missing_variable_is_found(line: str) -> None:
    assert missing_variables(f"Traceback\n  {line}\nSubprocess exited with error 1") == ("API_HOST",)


@pytest.mark.parametrize("line", ["KeyError: 'STAGE'", "STAGE is not set", "process.env.STAGE must be given"])
def test_a_name_without_an_underscore_needs_a_clear_sentence(line: str) -> None:
    assert missing_variables(line) == ("STAGE",)
    assert missing_variables("VPC is required\nJSON is undefined\nthe IAM must be defined") == ()


@pytest.mark.parametrize(
    "line",
    ["KeyError: 'size'", "AWS_PROFILE is not set", "CDK_DEFAULT_ACCOUNT must be set", "all is set", ""],
)
def test_other_lines_name_none(line: str) -> None:
    assert missing_variables(line) == ()


@pytest.mark.parametrize("piece", ["'", "A", "A_", "'A ", "environment variable ", "is not ", "process.env."])
def test_a_hostile_line_takes_no_time(piece: str) -> None:
    began = time.process_time()
    missing_variables("\n".join([piece * 100_000] * 50))
    assert time.process_time() - began < 2
