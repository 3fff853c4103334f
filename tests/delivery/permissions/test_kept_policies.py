"""The kept policies allow what CloudFormation needs for every resource, by name, and say it when they do not.

The whole delivery is synthesised by its own app, pipelines and sandbox included. What each type's handlers
call comes from the rehearsal, which computes it on its own.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.delivery import Delivery
from pipeline import assembly as assemblies
from pipeline.permissions import documents, kept
from pipeline.permissions.catalogue import UnknownTypeError, actions_of
from pipeline.permissions.generate import Policies, needed
from pipeline.permissions.grantees import Grantee, grantees
from pipeline.permissions.policies import Statement, lacking, policy
from rehearsal.cloud.cloudformation.permissions.requirements import needs
from rehearsal.cloud.iam.evaluation import Layer, Principal, decide
from rehearsal.cloud.iam.evaluation import Policy as Evaluated
from tests.delivery.checkout import synthesise
from tests.delivery.permissions.templates import ACCOUNT, REGION, Templated

NAMES = ("dev", "pipeline", "prod", "sandbox", "staging")


@pytest.fixture(scope="session")
def found(assembly: Path, delivery: Delivery) -> dict[str, Policies]:
    return needed(delivery, assembly)


def acting(name: str) -> Principal:
    """CloudFormation with what is kept for one grantee alone."""
    written = documents.execution([kept.required(name)])
    policies = tuple(Evaluated.of(each, document) for each, document in written.items())
    layer = Layer(kind="identity-based policy", policies=policies)
    return Principal(arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/exec/x", account=ACCOUNT, layers=(layer,))


def denied(grantee: Grantee, folder: Path, principal: Principal) -> Iterator[str]:
    for stack in assemblies.stacks(folder):
        if grantee.has(stack):
            for operation in Templated.of(stack).operations():
                for need in needs(operation) or ():
                    if not decide(principal, need, region=REGION).allowed:
                        yield f"{stack.path}: {operation.type_name}: {need.action} on {need.resource}"


def test_every_grantee_is_kept_and_nobody_else(found: dict[str, Policies]) -> None:
    assert tuple(sorted(found)) == kept.names() == NAMES


def test_every_stack_has_one_grantee(assembly: Path, delivery: Delivery) -> None:
    for stack in assemblies.stacks(assembly):
        assert sum(grantee.has(stack) for grantee in grantees(delivery)) == 1, stack.path


@pytest.mark.parametrize("name", NAMES)
def test_it_allows_what_every_resource_needs_on_its_own_name(
    name: str, assembly: Path, delivery: Delivery
) -> None:
    (grantee,) = (each for each in grantees(delivery) if each.name == name)
    assert sorted(set(denied(grantee, assembly, acting(name)))) == []


def test_one_environment_may_not_touch_another(assembly: Path, delivery: Delivery) -> None:
    (prod,) = (each for each in grantees(delivery) if each.name == "prod")
    refused = "\n".join(denied(prod, assembly, acting("dev")))
    for action in ("iam:CreateRole", "lambda:CreateFunction", "rds:DeleteDBInstance", "iam:PassRole"):
        assert action in refused


def test_the_kept_policies_lack_nothing(found: dict[str, Policies]) -> None:
    assert kept.lacks(found) == []


def test_a_synth_that_needs_more_fails_and_says_what_to_run(
    clone: Path, assembly: Path, tmp_path: Path
) -> None:
    """The app of a copy whose policies are those of a delivery without agents."""
    root = tmp_path / "clone"
    shutil.copytree(clone, root, ignore=shutil.ignore_patterns("cdk.out"))
    file = root / "pipeline/permissions/kept/staging.execution.json"
    document = json.loads(file.read_text())
    document["Statement"] = [each for each in document["Statement"] if each["Sid"] != "NewAgents"]
    file.write_text(json.dumps(document))
    done = synthesise(root, root / "cdk.out", context={"functions": "placeholder"})
    assert done.returncode != 0
    assert "staging: execution policy: NewAgents: bedrock-agentcore:CreateMemory" in done.stderr
    assert "make execution-policy" in done.stderr
    assert "make bootstrap" in done.stderr
    unchecked = {"functions": "placeholder", "permissions": "unchecked"}
    assert synthesise(root, root / "cdk.out", context=unchecked).returncode == 0


def test_a_role_that_asks_for_more_than_the_boundary_is_found_out(
    found: dict[str, Policies], tmp_path: Path
) -> None:
    shutil.copytree(kept.FOLDER, tmp_path, dirs_exist_ok=True)
    ceiling = found["dev"].boundary["Ceiling"]
    more = replace(ceiling, actions=ceiling.actions | {"dynamodb:PutItem"})
    asking = replace(found["dev"], boundary={**found["dev"].boundary, "Ceiling": more})
    assert kept.lacks({"dev": asking}, tmp_path) == ["dev: boundary: Ceiling: dynamodb:PutItem"]


def test_what_is_no_longer_needed_stays_until_it_is_pruned(tmp_path: Path) -> None:
    """The deletion of a resource happens after it has left the templates."""

    def of(*actions: str) -> dict[str, Policies]:
        made = policy([Statement(sid="Queues", actions=frozenset(actions), resources=frozenset("*"))])
        return {"dev": Policies(execution=made, boundary=made)}

    kept.save(of("sqs:CreateQueue", "sqs:DeleteQueue"), prune=False, folder=tmp_path)
    kept.save(of("sqs:CreateQueue", "sqs:TagQueue"), prune=False, folder=tmp_path)
    everything = of("sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue")
    assert kept.required("dev", tmp_path) == everything["dev"]
    kept.save(of("sqs:CreateQueue"), prune=True, folder=tmp_path)
    assert kept.required("dev", tmp_path) == of("sqs:CreateQueue")["dev"]


@pytest.mark.parametrize("together", [(name,) for name in NAMES] + [NAMES])
def test_the_documents_of_an_account_fit_into_iam(together: tuple[str, ...]) -> None:
    policies = [kept.required(name) for name in together]
    written = {**documents.execution(policies), **documents.boundary(policies)}
    assert all(len(document) <= 6144 for document in written.values())
    assert len(documents.execution(policies)) <= 5
    statements = [each for document in written.values() for each in json.loads(document)["Statement"]]
    assert len({(each["Sid"], each["Effect"]) for each in statements}) == len(statements)


def test_nothing_is_lost_by_packing() -> None:
    policies = [kept.required(name) for name in NAMES]
    statements = [
        each for text in documents.execution(policies).values() for each in json.loads(text)["Statement"]
    ]
    packed = {(each["Effect"], action) for each in statements for action in each["Action"]}
    wanted = {
        (each.effect, action)
        for one in policies
        for each in one.execution.values()
        for action in each.actions
    }
    assert packed == wanted


def test_a_statement_that_is_too_long_is_split_and_a_boundary_refused() -> None:
    actions = frozenset(f"ec2:DescribeSomethingWithQuiteALongName{number}" for number in range(200))
    long = policy([Statement(sid="Long", actions=actions, resources=frozenset("*"))])
    written = documents.execution([Policies(execution=long, boundary=long)])
    assert len(written) == 2
    with pytest.raises(documents.TooLongError, match="the boundary has"):
        documents.boundary([Policies(execution=long, boundary=long)])


def test_more_policies_than_a_role_may_have_are_refused() -> None:
    actions = frozenset(f"ec2:DescribeSomethingWithQuiteALongName{number}" for number in range(2000))
    long = policy([Statement(sid="Long", actions=actions, resources=frozenset("*"))])
    with pytest.raises(documents.TooLongError, match="account of their own"):
        documents.execution([Policies(execution=long, boundary=long)])


def test_keys_are_only_those_of_the_delivery() -> None:
    for name in NAMES:
        for statement in kept.required(name).execution.values():
            if any(action.startswith("kms:") for action in statement.actions):
                assert statement.condition, f"{name}: {statement.sid}"
                assert "kms:*" not in statement.actions


def test_no_action_is_a_wildcard_but_in_denials() -> None:
    for name in NAMES:
        for statement in kept.required(name).execution.values():
            if statement.effect == "Allow":
                assert [action for action in statement.actions if "*" in action] == []


def test_what_is_lacking_is_said_permission_by_permission() -> None:
    one = Statement(
        sid="Keys",
        actions=frozenset({"kms:Decrypt"}),
        resources=frozenset({"arn:a"}),
        condition={"StringEquals": {"aws:ResourceTag/delivery": frozenset({"a"})}},
    )
    more = replace(
        one,
        actions=frozenset({"kms:Decrypt", "kms:Encrypt"}),
        resources=frozenset({"arn:b"}),
        condition={"StringEquals": {"aws:ResourceTag/delivery": frozenset({"b"})}},
    )
    assert lacking(policy([one]), policy([more])) == [
        "Keys: kms:Encrypt",
        "Keys: on arn:b",
        "Keys: aws:ResourceTag/delivery b",
    ]


def test_calls_for_options_that_nobody_uses_are_left_out() -> None:
    plain = actions_of("AWS::Lambda::Function", {"Handler": "x"})
    encrypted = actions_of("AWS::Lambda::Function", {"KmsKeyArn": "arn:…"})
    assert not any(action.startswith("kms:") for action in plain)
    assert "kms:Decrypt" in encrypted
    with pytest.raises(UnknownTypeError, match="AWS::Made::Up"):
        actions_of("AWS::Made::Up", {})
