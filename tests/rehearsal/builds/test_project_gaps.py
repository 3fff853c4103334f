"""What a project asks for and a build here does not heed is said by name."""

from typing import Any

import pytest

from rehearsal.builds.project import gaps_of, project_from

RECORD = {
    "name": "demo",
    "arn": "arn:aws:codebuild:eu-west-1:111122223333:project/demo",
    "serviceRole": "arn:aws:iam::111122223333:role/builder",
}
UNHEEDED = {
    "clone depth": ({"source": {"type": "GITHUB", "gitCloneDepth": 1}}, "Git clone depth"),
    "submodules": ({"source": {"gitSubmodulesConfig": {"fetchSubmodules": True}}}, "submodules"),
    "a secondary source": ({"secondarySources": [{"gitCloneDepth": 1}]}, "Git clone depth"),
    "status": ({"source": {"reportBuildStatus": True}}, "status is not reported"),
    "certificate": ({"environment": {"certificate": "b/ca.pem"}}, "certificate is not installed"),
    "registry": ({"environment": {"registryCredential": {"credential": "x"}}}, "registry credential"),
    "fleet": ({"environment": {"fleet": {"fleetArn": "x"}}}, "fleet"),
    "owner": ({"artifacts": {"type": "S3", "bucketOwnerAccess": "FULL"}}, "bucketOwnerAccess"),
    "key": ({"artifacts": {"type": "S3"}, "encryptionKey": "alias/own"}, "encryption key"),
}
OVERRIDES = {
    "gitCloneDepthOverride": (5, "Git clone depth"),
    "gitSubmodulesConfigOverride": ({"fetchSubmodules": True}, "submodules"),
    "insecureSslOverride": (True, "insecureSsl"),
    "sourceAuthOverride": ({"type": "OAUTH"}, "authorization"),
    "certificateOverride": ("b/ca.pem", "certificate"),
}


def reasons(record: dict[str, Any], start: dict[str, Any]) -> str:
    return "\n".join(gap.reason for gap in gaps_of(project_from({**RECORD, **record}, start)))


@pytest.mark.parametrize(("record", "named"), UNHEEDED.values(), ids=list(UNHEEDED))
def test_a_setting_without_effect_is_named(record: dict[str, Any], named: str) -> None:
    assert named in reasons(record, {})
    assert named not in reasons({}, {})


@pytest.mark.parametrize(("name", "value", "named"), [(name, *rest) for name, rest in OVERRIDES.items()])
def test_an_override_without_effect_is_named(name: str, value: Any, named: str) -> None:
    assert named in reasons({}, {name: value})


def test_what_is_switched_off_is_no_gap() -> None:
    record = {"source": {"gitCloneDepth": 0, "gitSubmodulesConfig": {"fetchSubmodules": False}}}
    assert reasons(record, {}) == reasons({}, {})
