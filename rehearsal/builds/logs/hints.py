"""Derives from a failed build's log one line that says what to do about the failure."""

import re

from rehearsal.cdk.missing_variables import missing_in

_OUTDATED = re.compile(r"\bcdk-assets@[\^~]?2\b")
_REFUSED_BY_AWS = re.compile(
    r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId"
    r"|[Ss]ecurity token included in the request is invalid"
    r"|not able to validate the provided access credentials"
    r"|Need to perform AWS calls for account"
    r"|(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|no such host|Could not connect)\b.*\.amazonaws\.com"
    r"|lookup \S+\.amazonaws\.com\b.*: "
)
_LOOKED_AT = 2000
"""Longer lines are cut to this many characters, because matching takes quadratic time."""
_REMEDY = (
    "it ignores AWS_ENDPOINT_URL, as everything on the AWS SDK for JavaScript v2 does (cdk-assets 2, older "
    "CDK CLIs). AWS refuses the call, because the credentials are valid in the rehearsal only. Use a version "
    "that reads it: in CDK Pipelines a newer aws-cdk-lib, or cdkAssetsCliVersion and cliVersion of "
    "the CodePipeline construct"
)
_SCHEMA_MISMATCH = "Cloud assembly schema version mismatch"
_OTHER_CLI = (
    "the CDK CLI of this build cannot read what the project's aws-cdk-lib writes, and the build fails on AWS "
    "as well. Install `aws-cdk@2`, or the version that the log names: without one, `npm install -g aws-cdk` "
    "takes what the registry calls latest"
)
_OLDER_LIBRARY = (
    "the newest cdk-assets cannot read what the project's aws-cdk-lib writes, and the build fails on AWS as "
    "well. Pin an aws-cdk-lib that writes the schema version that the log names, until there is a newer "
    "cdk-assets"
)
_NO_VARIABLE = (
    "if {name} is an environment variable: here as on AWS, a build has only the variables of its project, "
    "action and buildspec. Add it there; in CDK Pipelines it is `env` of the step"
)


class FailureHints:
    """A log sink that detects causes of a failure which the failing command's last message does not name."""

    def __init__(self) -> None:
        self._outdated = self._refused = self._mismatch = False
        self._missing: str = ""

    def write(self, line: str) -> None:
        start = line[:_LOOKED_AT]
        self._refused = self._refused or bool(_REFUSED_BY_AWS.search(start))
        self._mismatch = self._mismatch or _SCHEMA_MISMATCH in start
        self._outdated = self._outdated or bool(_OUTDATED.search(start))
        self._missing = next(missing_in(start), self._missing)

    def close(self) -> None:
        """Nothing to close."""

    def hint(self, failure: str) -> str:
        """The hint for a build that failed with this message; empty if nothing more is known."""
        if self._outdated and "cdk-assets" in failure and not self._mismatch:
            return f"cdk-assets 2 was installed and has probably called AWS itself: {_REMEDY}"
        if self._mismatch:
            return _OLDER_LIBRARY if "cdk-assets" in failure else _OTHER_CLI
        if self._refused:
            return f"a tool has probably called AWS itself: {_REMEDY}"
        return _NO_VARIABLE.format(name=self._missing) if self._missing else ""
