"""The remedy for a failed `cdk` command, by its output."""

import re

_ORDINARY = "the CDK CLI's message names the cause; run the same command in the project to see it again"
_KNOWN = (
    (
        re.compile(r"No module named '(aws_cdk|constructs)|Cannot find module '(aws-cdk-lib|constructs)"),
        "the project's own requirements are not installed: follow its README (for Python into .venv, "
        "which is found automatically; for Node `npm ci`)",
    ),
    (
        re.compile(r"Cloud assembly schema version mismatch"),
        "install a CDK CLI that can read what the project's aws-cdk-lib writes, `npm install aws-cdk@2`: "
        "without the @2, npm takes what the registry calls latest, which may be older",
    ),
    (
        re.compile(r"wanted exactly 1 zone|Could not find any VPCs matching|Could not find a (?:VPC|zone)"),
        "the embedded AWS has not what the app looks up: create it there once (`slipway up`, "
        '`eval "$(slipway env)"`, then for instance `aws route53 create-hosted-zone`), or commit the values '
        "of AWS in cdk.context.json",
    ),
    (
        re.compile(r"docker exited with status|spawn(?:Sync)? docker|docker: (?:command )?not found"),
        "an asset is bundled in Docker: start a Docker engine for this command, or give the construct local "
        "bundling. A rehearsed build has no Docker engine in either case",
    ),
)
_SKIPPABLE = re.compile(r"slipway rehearse((?: --skip \S+)+)")


def remedy_for(message: str) -> str:
    if found := _SKIPPABLE.search(message):
        return f"to rehearse the rest, add{found[1]}; each passes as skipped, and the report names it"
    return next((remedy for sign, remedy in _KNOWN if sign.search(message)), _ORDINARY)
