"""SB-DB-1 to SB-DB-10, with the traps T-DB-1 to T-DB-8 resolved."""

import json
from typing import Any

import pytest

from blocks.function_assets import asset_folder
from stacks.second_brain.functions import MIGRATOR
from stacks.second_brain.logins import OWNER, ROLES

DATABASE = "SecondBrainDatabase"


@pytest.fixture
def of(environments: Any) -> Any:
    return lambda kind, environment="Dev": environments.resources(environment, DATABASE, kind)


@pytest.fixture
def instance(environments: Any) -> Any:
    return lambda environment="Dev": environments.properties(environment, DATABASE, "AWS::RDS::DBInstance")


def _reference(value: Any) -> str:
    """The construct that a cross-stack reference names."""
    return str(value["Fn::GetStackOutput"]["OutputName"])


def test_db_1_generated_credentials_without_punctuation(of: Any) -> None:
    (secret,) = [
        found["Properties"]
        for key, found in of("AWS::SecretsManager::Secret").items()
        if key.startswith("PostgresCredentials")
    ]
    assert "Name" not in secret
    generated = secret["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {"username": "sbadmin"}
    assert (generated["PasswordLength"], generated["ExcludePunctuation"]) == (32, True)


def test_db_2_parameters_are_in_the_units_of_postgresql(environments: Any) -> None:
    group = environments.properties("Dev", DATABASE, "AWS::RDS::DBParameterGroup")
    assert group["Family"] == "postgres16"
    assert group["Parameters"] == {
        "max_connections": "50",
        "shared_buffers": "8192",
        "effective_cache_size": "24576",
        "work_mem": "4096",
        "maintenance_work_mem": "32768",
        "shared_preload_libraries": "pg_stat_statements",
        "rds.force_ssl": "1",
    }


def test_db_3_the_instance_stands_in_the_isolated_tier_behind_its_group(of: Any, instance: Any) -> None:
    assert instance()["Engine"] == "postgres"
    assert instance()["DBInstanceClass"] == "db.t4g.micro"
    assert instance()["DBName"] == "second_brain"
    (subnets,) = of("AWS::RDS::DBSubnetGroup").values()
    names = [_reference(subnet) for subnet in subnets["Properties"]["SubnetIds"]]
    assert len(names) == 2
    assert all("IsolatedSubnet" in name for name in names)
    (group,) = instance()["VPCSecurityGroups"]
    assert "DatabaseGroup" in _reference(group)


def test_db_3_the_password_is_only_ever_a_reference(instance: Any) -> None:
    assert ":SecretString:password::}}" in str(instance()["MasterUserPassword"])


def test_db_4_storage_grows_and_nothing_is_public(instance: Any) -> None:
    found = instance()
    assert (found["AllocatedStorage"], found["MaxAllocatedStorage"]) == ("20", 100)
    assert (found["StorageEncrypted"], found["PubliclyAccessible"], found["MultiAZ"]) == (True, False, False)
    assert found["EnablePerformanceInsights"] is False


@pytest.mark.parametrize(
    ("environment", "protected", "deletion"),
    [("Dev", False, "Delete"), ("Staging", False, "Snapshot"), ("Prod", True, "Snapshot")],
)
def test_db_5_production_is_protected_and_data_outlives_all_but_development(
    of: Any, environment: str, protected: bool, deletion: str
) -> None:
    (found,) = of("AWS::RDS::DBInstance", environment).values()
    assert found["Properties"]["BackupRetentionPeriod"] == 7
    assert found["Properties"]["DeletionProtection"] is protected
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == (deletion, deletion)


@pytest.mark.parametrize("log", ["postgresql", "upgrade"])
def test_db_6_each_log_is_exported_to_a_group_that_forgets_after_two_weeks(
    of: Any, instance: Any, log: str
) -> None:
    assert log in instance()["EnableCloudwatchLogsExports"]
    expected = f"/aws/rds/instance/{instance()['DBInstanceIdentifier']}/{log}"
    groups = of("AWS::Logs::LogGroup")
    (name,) = [key for key, g in groups.items() if g["Properties"].get("LogGroupName") == expected]
    assert groups[name]["Properties"]["RetentionInDays"] == 14
    (found,) = of("AWS::RDS::DBInstance").values()
    assert name in found["DependsOn"]


def test_db_7_the_migrator_runs_in_the_private_tier_as_a_function(environments: Any) -> None:
    function = environments.properties("Dev", DATABASE, "AWS::Lambda::Function")
    assert (function["Runtime"], function["Architectures"]) == ("python3.14", ["arm64"])
    assert function["Timeout"] == 300
    assert function["Handler"] == "migrator.custom_resource.handler"
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    assert "FunctionGroup" in _reference(group)
    assert all("PrivateSubnet" in _reference(subnet) for subnet in function["VpcConfig"]["SubnetIds"])


def test_role_1_a_generated_secret_for_each_login(of: Any, environments: Any) -> None:
    secrets = {
        json.loads(found["Properties"]["GenerateSecretString"]["SecretStringTemplate"])["username"]: key
        for key, found in of("AWS::SecretsManager::Secret").items()
    }
    assert set(secrets) == {"sbadmin", OWNER, *ROLES}
    schema = environments.properties("Dev", DATABASE, "Custom::Schema")
    told = {given["Role"]: given for given in (schema["Owner"], *schema["Logins"])}
    assert {role: given["SecretArn"]["Ref"] for role, given in told.items()} == {
        role: secrets[role] for role in (OWNER, *ROLES)
    }
    limits = {role: int(given["Connections"]) for role, given in told.items()}
    assert limits == {
        "sb_migrator": 2,
        "sb_api": 16,
        "sb_voice": 2,
        "sb_agent": 6,
        "sb_discord": 4,
        "sb_alexa": 4,
        "sb_jobs": 4,
        "sb_cleanup": 2,
    }


def test_db_7_the_migrator_may_read_its_secrets_and_nothing_else(of: Any) -> None:
    statements = [
        statement
        for key, policy in of("AWS::IAM::Policy").items()
        if "MigratorRole" in key
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    granted = {str(action) for s in statements for action in _listed(s["Action"])}
    assert granted == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
    }
    assert all(statement["Resource"] != "*" for statement in statements)


def test_db_7_the_migrator_can_enter_its_subnets_before_it_is_made(of: Any) -> None:
    (policy,) = [key for key in of("AWS::IAM::Policy") if "NetworkInterfaces" in key]
    (function,) = of("AWS::Lambda::Function").values()
    assert policy in function["DependsOn"]


def test_db_8_a_custom_resource_that_the_migrator_answers_itself(of: Any, environments: Any) -> None:
    schema = environments.properties("Dev", DATABASE, "Custom::Schema")
    (function,) = of("AWS::Lambda::Function")
    assert schema["ServiceToken"]["Fn::GetAtt"] == [function, "Arn"]
    assert schema["ServiceTimeout"] == "360"
    assert set(schema) >= {"DbHost", "DbName", "SecretArn", "Extensions", "SchemaHash"}


def test_t_db_3_the_extensions_have_their_real_names(environments: Any) -> None:
    schema = environments.properties("Dev", DATABASE, "Custom::Schema")
    assert schema["Extensions"] == ["uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm"]


def test_db_9_the_hash_is_of_the_sql_that_is_deployed(environments: Any) -> None:
    from blocks.schema_migration.handler.migrator.files import schema_hash

    expected = schema_hash(asset_folder(MIGRATOR) / "schema")
    assert environments.properties("Dev", DATABASE, "Custom::Schema")["SchemaHash"] == expected


def test_db_10_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", DATABASE)["Outputs"]
    assert set(outputs) >= {"DbEndpoint", "DbSecretArn", "MigratorFunction"}


def test_t_db_5_the_function_brings_its_client_and_the_roots_it_trusts(functions: None) -> None:
    folder = asset_folder(MIGRATOR)
    assert {"migrator", "pg8000", "schema", "rds.pem"} <= {path.name for path in folder.iterdir()}
    assert "psycopg2" not in {path.name for path in folder.iterdir()}


def test_t_db_8_the_minor_version_is_pinned(instance: Any) -> None:
    assert instance()["EngineVersion"] == "16.13"
    assert instance()["AutoMinorVersionUpgrade"] is False


def test_smoke_tests_may_invoke_the_migrator_and_nothing_else(of: Any) -> None:
    (policy,) = [
        p["Properties"] for key, p in of("AWS::IAM::Policy").items() if key.startswith("SmokeAccess")
    ]
    assert policy["Roles"] == ["slipway-dev-smoke"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    (function,) = of("AWS::Lambda::Function")
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": [function, "Arn"]}


def test_x_22_the_only_function_is_ours(of: Any) -> None:
    assert len(of("AWS::Lambda::Function")) == 1


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
