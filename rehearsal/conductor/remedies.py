"""What to do about a failed `cdk` command, told by what it printed."""

import re

_ORDINARY = "what the CDK CLI says is the cause; the same command in the project shows it"
_KNOWN = (
    (
        re.compile(r"No module named '(aws_cdk|constructs)|Cannot find module '(aws-cdk-lib|constructs)"),
        "the project's own requirements are not installed: do what its README says (for Python into .venv, "
        "which is found by itself; for Node `npm ci`)",
    ),
    (
        re.compile(r"Cloud assembly schema version mismatch"),
        "install a CDK CLI that can read what the project's aws-cdk-lib writes, `npm install aws-cdk@2`: "
        "without the @2, npm takes what the registry calls latest, which may be older",
    ),
    (
        re.compile(r"docker exited with status|spawn(?:Sync)? docker|docker: (?:command )?not found"),
        "an asset is bundled in Docker: start a Docker engine for this command, or give the construct local "
        "bundling. A rehearsed build has no Docker engine in either case",
    ),
)


def remedy_for(said: str) -> str:
    return next((remedy for sign, remedy in _KNOWN if sign.search(said)), _ORDINARY)
