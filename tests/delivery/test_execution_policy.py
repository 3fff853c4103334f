"""CloudFormation's own policy allows what the handlers of every resource in the templates need.

The whole delivery is synthesised, pipelines and sandbox included, and each type's published permissions
are evaluated against `pipeline/execution_policy.json`: without this, a missing service shows on AWS only.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from blocks.function_assets import REPOSITORY
from pipeline.bootstrap import POLICY_FILE
from rehearsal.cloud.cloudformation.permissions import catalogue, special
from rehearsal.cloud.cloudformation.permissions.arns import Place
from rehearsal.cloud.cloudformation.permissions.catalogue import Operation
from rehearsal.cloud.cloudformation.permissions.requirements import ResourceOperation, needs, own_service
from rehearsal.cloud.iam.evaluation import Layer, Policy, Principal, decide
from rehearsal.cloud.iam.needs import Need
from tests.delivery.checkout import copy_to, synthesise

PLACE = Place(account="111122223333", region="eu-west-1", stack="Prod-SecondBrain", logical_id="Thing")
NOT_HERE = re.compile(r"^iam:\w+(User|Group)Policy$|^iam:\w+PermissionsBoundary$")
"""No template has policies of users or groups, and no role's boundary ever changes."""


@dataclass(frozen=True)
class Resource:
    template: str
    logical_id: str
    type_name: str
    properties: Mapping[str, Any]


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> list[Resource]:
    clone = tmp_path_factory.mktemp("clone")
    copy_to(clone, built=False)
    done = synthesise(clone, clone / "cdk.out", context={"functions": "placeholder"})
    assert done.returncode == 0, done.stderr
    return list(_resources(clone / "cdk.out"))


@pytest.fixture(scope="module")
def shipped() -> Principal:
    return _acting((REPOSITORY / POLICY_FILE).read_text(encoding="utf-8"))


def test_it_allows_the_main_calls_of_every_resource(resources: list[Resource], shipped: Principal) -> None:
    assert sorted({f"{type_name}: {action}" for type_name, action in _denied(resources, shipped)}) == []


def test_a_policy_without_a_service_is_found_out(resources: list[Resource]) -> None:
    document = json.loads((REPOSITORY / POLICY_FILE).read_text(encoding="utf-8"))
    actions = document["Statement"][0]["Action"]
    lacking = {"ecr:*", "geo:*"}
    document["Statement"][0]["Action"] = [action for action in actions if action not in lacking]
    denied = {action for _, action in _denied(resources, _acting(json.dumps(document)))}
    assert {"ecr:CreateRepository", "geo:CreatePlaceIndex"} <= denied


def test_it_allows_what_the_handlers_ask_of_their_own_services(
    resources: list[Resource], shipped: Principal
) -> None:
    """Reads and calls for properties included: a wildcard for the service is what the policy gives."""
    types = sorted({resource.type_name for resource in resources})
    lacking = {
        f"{type_name}: {action}"
        for type_name in types
        for action in _of_own_service(type_name)
        if not NOT_HERE.match(action)
        and not decide(shipped, Need(action=action), region=PLACE.region).allowed
    }
    assert sorted(lacking) == []


def test_every_type_is_known(resources: list[Resource]) -> None:
    unknown = {
        found.type_name
        for found in resources
        if not catalogue.is_listed(found.type_name) and not special.is_custom(found.type_name)
    }
    assert unknown == set()


def _denied(resources: list[Resource], principal: Principal) -> Iterator[tuple[str, str]]:
    for found in resources:
        for operation in Operation:
            asked = ResourceOperation(
                operation=operation, type_name=found.type_name, place=PLACE, properties=found.properties
            )
            for need in needs(asked) or ():
                if not decide(principal, replace(need, resource=None), region=PLACE.region).allowed:
                    yield found.type_name, need.action


def _of_own_service(type_name: str) -> Iterator[str]:
    for operation in Operation:
        listed = catalogue.permissions(type_name, operation) or ()
        service = own_service(type_name, listed)
        yield from (action for action in listed if action.lower().startswith(f"{service}:"))


def _resources(assembly: Path) -> Iterator[Resource]:
    for file in assembly.rglob("*.template.json"):
        template = json.loads(file.read_text(encoding="utf-8"))
        for logical_id, resource in template.get("Resources", {}).items():
            yield Resource(file.name, logical_id, resource["Type"], resource.get("Properties", {}))


def _acting(document: str) -> Principal:
    policy = Policy.of("delivery-execution", document)
    layer = Layer(kind="identity-based policy", policies=(policy,))
    return Principal(
        arn="arn:aws:sts::111122223333:assumed-role/exec/x", account="111122223333", layers=(layer,)
    )
