"""What a right `delivery.toml` becomes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.delivery import Delivery
from config.load import DELIVERY_FILE, load
from config.mistakes import ConfigurationError
from stacks.registry import APPLICATIONS
from stacks.second_brain.settings import SecondBrainSettings

Read = Callable[[str], Delivery]


def test_defaults_are_filled_in(read: Read, good: str) -> None:
    (pipeline,) = read(good).pipelines
    dev, prod = pipeline.environments
    assert (pipeline.construct_id, pipeline.full_name) == ("pipeline", "acme")
    assert (pipeline.branch, pipeline.execution_mode) == ("main", "QUEUED")
    assert pipeline.connection_arn is None
    assert (dev.name, dev.tier, dev.account, dev.region) == ("dev", "dev", None, "us-east-1")
    assert (dev.needs_approval, dev.removal) == (False, "destroy")
    assert (prod.needs_approval, prod.removal) == (True, "retain")


def test_sizes_follow_the_tier_and_then_the_file(read: Read, good: str) -> None:
    (pipeline,) = read(good).pipelines
    dev, prod = pipeline.environments
    assert dev.settings["shop"].model_dump()["size"] == "small"
    assert prod.settings["shop"].model_dump() == {"size": "large", "cidr": "10.1.0.0/16", "gateways": 1}


def test_values_cannot_be_changed(read: Read, good: str) -> None:
    delivery = read(good)
    with pytest.raises(AttributeError):
        delivery.name = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        delivery.pipelines[0].environments[0].settings["shop"].size = "large"  # type: ignore[attr-defined]


def test_another_environment_takes_the_sizes_of_its_tier(read: Read, good: str) -> None:
    loaded = good.replace('name = "dev"', 'name = "load-test"\ntier = "prod"\napproval = "unattended"')
    (pipeline,) = read(loaded.replace('["dev", "prod"]', '["load-test", "prod"]')).pipelines
    assert pipeline.environments[0].settings["shop"].model_dump()["size"] == "large"


def test_one_file_holds_several_pipelines(read: Read, good: str) -> None:
    second = """
    [[pipeline]]
    name = "finance"
    repository = "acme/portfolio"
    include_paths = ["stacks/ledger/**"]
    applications = { ledger = ["prod"] }
    """
    first, finance = read(good + second).pipelines
    assert [e.name for e in first.environments] == ["dev", "prod"]
    assert [e.name for e in finance.environments] == ["prod"]
    assert finance.environments[0].applications == ("ledger",)
    assert finance.include_paths == ("stacks/ledger/**",)
    assert (finance.construct_id, finance.full_name) == ("pipeline-finance", "acme-finance")


def test_environments_keep_the_order_of_the_file(read: Read, good: str) -> None:
    swapped = good.replace('["dev", "prod"]', '["prod", "dev"]')
    assert [e.name for e in read(swapped).pipelines[0].environments] == ["dev", "prod"]


def test_quotas_that_may_not_suffice_are_a_caution(read: Read, good: str) -> None:
    (caution,) = read(good.replace('cidr = "10.1.0.0/16"', 'cidr = "10.1.0.0/16"\ngateways = 5')).cautions
    assert caution == (
        "account of the CLI, region us-east-1: dev, prod need 6 Elastic IPs, and the default quota is 5; "
        "ask Service Quotas for more, or give an environment an account of its own"
    )


def test_one_range_used_twice_is_a_caution(read: Read, good: str) -> None:
    (caution,) = read(good.replace('cidr = "10.1.0.0/16"', "")).cautions
    assert caution == (
        "account of the CLI, region us-east-1: 10.0.0.0/16 is used by shop in dev and by shop in prod; "
        "the networks can never be peered, so give each a range of its own"
    )


def test_accounts_and_regions_of_their_own_are_no_caution(read: Read, good: str) -> None:
    mine = good.replace("[[pipeline]]", '[[pipeline]]\naccount = "111111111111"')
    apart = mine.replace('cidr = "10.1.0.0/16"', "").replace(
        'name = "prod"\navailability_zones = ["use1-az1", "use1-az2"]',
        'name = "prod"\nregion = "eu-west-1"\navailability_zones = ["euw1-az1", "euw1-az2"]',
    )
    assert read(apart).cautions == ()


def test_an_environment_that_nothing_goes_to_is_a_caution(read: Read, good: str) -> None:
    (caution,) = read(good.replace('["dev", "prod"]', '["prod"]')).cautions
    assert caution == "environment dev: no pipeline delivers anything to it"


def test_an_environment_without_an_account_is_in_the_pipelines(read: Read, good: str) -> None:
    mine = good.replace("[[pipeline]]", '[[pipeline]]\naccount = "111111111111"')
    (pipeline,) = read(mine).pipelines
    assert [environment.account for environment in pipeline.environments] == ["111111111111"] * 2
    assert not pipeline.is_cross_account


def test_a_sandbox_has_development_sizes_and_a_name_of_its_own(read: Read, good: str) -> None:
    environment = read(good).sandbox.environment(developer="ada")
    assert (environment.name, environment.tier, environment.account) == ("sandbox-ada", "dev", None)
    assert environment.settings["shop"].model_dump()["size"] == "small"
    assert not environment.needs_approval


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is none at .*delivery\.toml"):
        load((), path=tmp_path / "delivery.toml")


@pytest.fixture(scope="module")
def shipped() -> Delivery:
    return load(APPLICATIONS)


class TestShippedFile:
    def test_it_works_as_it_stands_and_without_cautions(self, shipped: Delivery) -> None:
        assert [e.name for e in shipped.pipelines[0].environments] == ["dev", "staging", "prod"]
        assert shipped.cautions == ()

    def test_it_holds_no_account_and_no_connection(self, shipped: Delivery) -> None:
        (pipeline,) = shipped.pipelines
        assert pipeline.account is None
        assert pipeline.connection_arn is None
        assert all(environment.account is None for environment in pipeline.environments)
        assert "arn:" not in DELIVERY_FILE.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("name", "protected", "removal"),
        [("dev", False, "destroy"), ("staging", False, "retain"), ("prod", True, "retain")],
    )
    def test_second_brain_has_the_sizes_of_its_specification(
        self, shipped: Delivery, name: str, protected: bool, removal: str
    ) -> None:
        environment = next(e for e in shipped.pipelines[0].environments if e.name == name)
        settings = environment.settings["second_brain"]
        assert isinstance(settings, SecondBrainSettings)
        assert (settings.nat_gateways, settings.zones, settings.database_class) == (1, 2, "t4g.micro")
        assert (settings.database_storage_gb, settings.database_max_storage_gb) == (20, 100)
        assert (settings.backup_days, settings.max_connections) == (7, 50)
        assert settings.deletion_protection is protected
        assert environment.removal == removal


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ('vpc_cidr = "10.20.0.0/24"', "a VPC of nine /24 subnets needs a /16 to /20"),
        ('vpc_cidr = "10.20.0.1/16"', "has host bits set"),
        ("database_max_storage_gb = 20", "the database could not grow"),
        ("nat_gateways = 3", "there are more nat_gateways than zones; lower nat_gateways"),
        ('database_class = "db.t4g.micro"', 'write an RDS instance class without "db.", such as "t4g.micro"'),
        ("zones = 3", "second_brain needs 3 availability zones, and 2 are named"),
    ],
)
def test_second_brain_judges_its_own_sizes(tmp_path: Path, override: str, part: str) -> None:
    path = tmp_path / "delivery.toml"
    shipped = DELIVERY_FILE.read_text(encoding="utf-8")
    path.write_text(shipped.replace('vpc_cidr = "10.22.0.0/16"', override), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(APPLICATIONS, path=path)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("delivery.toml: environment[prod]")
    assert part in line


def test_a_variable_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        DELIVERY_FILE.read_text(encoding="utf-8").replace('"slipway"', '"other"'), encoding="utf-8"
    )
    monkeypatch.setenv("SLIPWAY_CONFIG", str(other))
    assert load(APPLICATIONS).name == "other"
