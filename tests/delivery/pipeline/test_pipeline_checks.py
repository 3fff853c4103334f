"""The `checks` pipeline: the same gates, and nothing that could change an environment."""

import json

from tests.delivery.pipeline.conftest import Assembly

CHECKS = "acme-checks"


def test_it_only_fetches_and_builds(one_account: Assembly) -> None:
    providers = {
        action["ActionTypeId"]["Provider"]
        for stage in one_account.stages(CHECKS)
        for action in one_account.actions(stage, CHECKS).values()
    }
    assert providers == {"CodeStarSourceConnection", "CodeBuild"}


def test_it_runs_the_gates_of_the_delivery(one_account: Assembly) -> None:
    def scripts(stage: str, pipeline: str) -> set[str]:
        return {
            json.loads(one_account.project(action)["Source"]["BuildSpec"])["phases"]["build"]["commands"][-1]
            for action in one_account.actions(stage, pipeline).values()
        }

    assert scripts("Checks", CHECKS) == scripts("Build", "acme")
    assert one_account.order("Checks", CHECKS) == one_account.order("Build")


def test_its_builds_can_assume_no_role_and_reach_no_delivery_artifact(one_account: Assembly) -> None:
    delivery_bucket = one_account.pipeline()["ArtifactStore"]["Location"]["Ref"]
    for action in one_account.actions("Checks", CHECKS).values():
        role = one_account.project(action)["ServiceRole"]["Fn::GetAtt"][0]
        statements = one_account.statements(role)
        assert statements
        assert "sts:AssumeRole" not in json.dumps(statements)
        assert delivery_bucket not in json.dumps(statements)


def test_it_has_an_artifact_store_of_its_own(one_account: Assembly) -> None:
    stores = [one_account.pipeline(name)["ArtifactStore"] for name in ("acme", CHECKS)]
    assert stores[0]["Location"] != stores[1]["Location"]
    assert stores[0]["EncryptionKey"] != stores[1]["EncryptionKey"]
