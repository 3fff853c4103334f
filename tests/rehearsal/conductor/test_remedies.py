"""The remedy fits what the CDK CLI printed."""

import pytest

from rehearsal.conductor.remedies import remedy_for


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (
            "ModuleNotFoundError: No module named 'aws_cdk'\nSubprocess exited",
            "requirements are not installed",
        ),
        ("Error: Cannot find module 'aws-cdk-lib/core'", "requirements are not installed"),
        ("RuntimeError: docker exited with status 1\n--> Command: docker build -t cdk-0", "local bundling"),
        ("Error: spawnSync docker ENOENT", "local bundling"),
        ("[Error] Found zones: [] for dns:shop.example, but wanted exactly 1 zone", "create-hosted-zone"),
        ("(Cloud assembly schema version mismatch: Maximum 43.x.x, found 55.0.0.)", "aws-cdk@2"),
        ("NameError: name 'stak' is not defined", "run the same command in the project to see it again"),
    ],
)
def test_known_causes_have_a_remedy_of_their_own(said: str, remedy: str) -> None:
    assert remedy in remedy_for(said)
