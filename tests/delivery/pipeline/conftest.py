"""Two small applications of the tests' own, and pipelines synthesised from them once for a session."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from blocks.waivers import acknowledge
from config.application import ApplicationSettings
from config.delivery import Environment, Pipeline
from config.zones import zone_prefix
from pipeline.delivery import DeliveryPipeline
from stacks.application import Application, BuiltApplication, Site
from tests.once import made_once

PROJECT = Path(__file__).parents[3]
FLAGS = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]


class NoSettings(ApplicationSettings):
    pass


class Ledger(Application[NoSettings]):
    """Two independent stacks and one that needs both; its function is an asset."""

    name = "ledger"
    title = "Ledger"

    @property
    def settings(self) -> type[NoSettings]:
        return NoSettings

    def build(self, site: Site[NoSettings]) -> BuiltApplication:
        store = Stack(site.stage, "LedgerStore")
        table = dynamodb.TableV2(
            store,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        queues = Stack(site.stage, "LedgerQueues")
        queue = sqs.Queue(queues, "Queue", enforce_ssl=True)
        acknowledge(queue, {"AwsSolutions-SQS3": "made up for a test"})
        api = Stack(site.stage, "LedgerApi")
        function = lambda_.Function(
            api,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(Path(__file__).parent / "ledger_function")),
        )
        acknowledge(
            function,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AWSLambdaBasicExecutionRole]": "made up for a test"
            },
        )
        api.add_stack_dependency(store)
        api.add_stack_dependency(queues)
        return BuiltApplication(
            name=self.name,
            stacks=(store, queues, api),
            smoke_outputs={
                "TABLE": CfnOutput(store, "TableName", value=table.table_name),
                "FUNCTION": CfnOutput(api, "FunctionName", value=function.function_name),
            },
        )


class Journal(Application[NoSettings]):
    """One stack, with an output of the same name as the other application's."""

    name = "journal"
    title = "Journal"

    @property
    def settings(self) -> type[NoSettings]:
        return NoSettings

    def build(self, site: Site[NoSettings]) -> BuiltApplication:
        store = Stack(site.stage, "JournalStore")
        table = dynamodb.TableV2(
            store,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        output = CfnOutput(store, "TableName", value=table.table_name)
        return BuiltApplication(name=self.name, stacks=(store,), smoke_outputs={"TABLE": output})


APPLICATIONS: tuple[Application[Any], ...] = (Ledger(), Journal())


def environment(name: str, **changes: Any) -> Environment:
    defaults: dict[str, Any] = {
        "name": name,
        "tier": name,
        "account": None,
        "region": "us-east-1",
        "availability_zones": ("use1-az1", "use1-az2"),
        "removal": "destroy" if name == "dev" else "retain",
        "settings": {"ledger": NoSettings(), "journal": NoSettings()},
    }
    return Environment(**{**defaults, **changes})


def pipeline_config(**changes: Any) -> Pipeline:
    defaults: dict[str, Any] = {
        "delivery": "acme",
        "name": None,
        "repository": "acme/portfolio",
        "branch": "main",
        "connection_arn": "arn:aws:codeconnections:us-east-1:111111111111:connection/0f",
        "account": None,
        "region": "us-east-1",
        "execution_mode": "QUEUED",
        "include_paths": (),
        "exclude_paths": (),
        "notify": ("ops@example.com",),
        "environments": (
            environment("dev"),
            environment("staging", bake_minutes=5),
            environment("prod", approval="manual", bake_minutes=15),
        ),
    }
    return Pipeline(**{**defaults, **changes})


ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
REGIONS = {"dev": "us-east-1", "staging": "us-east-1", "prod": "eu-west-1"}


def three_accounts() -> Pipeline:
    """Staging in another account, prod in another account and region."""
    return pipeline_config(
        account=ACCOUNTS["dev"],
        environments=tuple(
            environment(
                name,
                account=ACCOUNTS[name],
                region=REGIONS[name],
                availability_zones=(f"{zone_prefix(REGIONS[name])}-az1", f"{zone_prefix(REGIONS[name])}-az2"),
                bake_minutes=10,
                approval="manual" if name == "prod" else "none",
            )
            for name in ACCOUNTS
        ),
    )


@dataclass(frozen=True)
class Assembly:
    """A synthesised pipeline, and the questions that tests ask of it."""

    folder: Path
    template: dict[str, Any]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            key: value["Properties"]
            for key, value in self.template["Resources"].items()
            if value["Type"] == kind
        }

    def pipeline(self, name: str = "acme") -> dict[str, Any]:
        found = self.resources("AWS::CodePipeline::Pipeline").values()
        return next(item for item in found if item["Name"] == name)

    def stages(self, name: str = "acme") -> dict[str, dict[str, Any]]:
        return {stage["Name"]: stage for stage in self.pipeline(name)["Stages"]}

    def actions(self, stage: str, name: str = "acme") -> dict[str, dict[str, Any]]:
        return {action["Name"]: action for action in self.stages(name)[stage]["Actions"]}

    def order(self, stage: str, name: str = "acme") -> dict[str, int]:
        return {key: action["RunOrder"] for key, action in self.actions(stage, name).items()}

    def project(self, action: Mapping[str, Any]) -> dict[str, Any]:
        return self.resources("AWS::CodeBuild::Project")[action["Configuration"]["ProjectName"]["Ref"]]

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Every statement of the policies that are attached to this role."""
        return [
            statement
            for policy in self.resources("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def synthesise(config: Pipeline, folder: Path) -> Assembly:
    app = App(outdir=str(folder), context=FLAGS)
    DeliveryPipeline(app, config=config, applications=APPLICATIONS)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return _read(config, folder)


def synthesised_once(factory: pytest.TempPathFactory, name: str, config: Pipeline) -> Assembly:
    """For all who only read it."""
    return _read(config, made_once(factory, name, lambda folder: synthesise(config, folder)))


def _read(config: Pipeline, folder: Path) -> Assembly:
    template = folder / f"{config.construct_id}.template.json"
    return Assembly(folder=folder, template=json.loads(template.read_text(encoding="utf-8")))


Synthesise = Callable[[Pipeline], Assembly]


@pytest.fixture(scope="session")
def one_account(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesised_once(tmp_path_factory, "one-account", pipeline_config())


@pytest.fixture(scope="session")
def several_accounts(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesised_once(tmp_path_factory, "several-accounts", three_accounts())
