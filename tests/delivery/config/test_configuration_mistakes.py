"""Every mistake in `delivery.toml` is one line with file, key, value, reason and remedy."""

from collections.abc import Callable

import pytest

Lines = Callable[[str], list[str]]

ZONES = 'availability_zones = ["use1-az1", "use1-az2"]'
DEV = f'name = "dev"\n{ZONES}'
PROD = f'name = "prod"\n{ZONES}\napproval = "manual"'
SHOP = 'applications = { shop = ["dev", "prod"] }'
REPOSITORY = 'repository = "acme/portfolio"'


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        pytest.param(
            'name = "acme"',
            'name = "acme"\nregoin = "eu-west-1"',
            "delivery.toml: regoin: there is no such key; known are environment, name, pipeline, sandbox",
            id="unknown key",
        ),
        pytest.param(
            REPOSITORY,
            f'{REPOSITORY}\nbranhc = "main"',
            "delivery.toml: pipeline[1].branhc: there is no such key; did you mean branch?",
            id="misspelt key",
        ),
        pytest.param(
            REPOSITORY,
            "",
            "delivery.toml: pipeline[1].repository: it is missing; "
            'write owner and name, such as "acme/slipway"',
            id="missing key",
        ),
        pytest.param(
            REPOSITORY,
            'repository = "portfolio"',
            'delivery.toml: pipeline[1].repository = "portfolio": it has the wrong form; '
            'write owner and name, such as "acme/slipway"',
            id="repository without an owner",
        ),
        pytest.param(
            REPOSITORY,
            f'{REPOSITORY}\nconnection_arn = "your-connection-arn"',
            'delivery.toml: pipeline[1].connection_arn = "your-connection-arn": it has the wrong form; '
            "write the ARN of a CodeConnections connection, or leave the key out and let the pipeline "
            "create its own connection",
            id="connection that is a placeholder",
        ),
        pytest.param(
            REPOSITORY,
            f'{REPOSITORY}\nexecution_mode = "PARALLEL"',
            'delivery.toml: pipeline[1].execution_mode = "PARALLEL": it is none of the words that are '
            'allowed; write "QUEUED" or "SUPERSEDED"; with PARALLEL, executions overtake each other in '
            "one environment and CodePipeline cannot roll a stage back",
            id="mode without roll-back",
        ),
        pytest.param(
            REPOSITORY,
            f"{REPOSITORY}\ninclude_paths = {[str(n) for n in range(9)]}",
            "delivery.toml: pipeline[1].include_paths = "
            '["0", "1", "2", "3", "4", "5", "6", "7", "8"]: it has more items than are allowed; '
            'write at most eight patterns, such as ["stacks/**"] (CodePipeline\'s limit)',
            id="too many path filters",
        ),
        pytest.param(
            DEV,
            f"{DEV}\naccount = 111111111111",
            "delivery.toml: environment[dev].account = 111111111111: it is not text in quotes; "
            'write twelve digits in quotes, such as "111111111111"',
            id="account without quotes",
        ),
        pytest.param(
            DEV,
            f'{DEV}\naccount = "1234"',
            'delivery.toml: environment[dev].account = "1234": it has the wrong form; '
            'write twelve digits in quotes, such as "111111111111"',
            id="account too short",
        ),
        pytest.param(
            DEV,
            f'{DEV}\naccount = "222222222222"',
            "delivery.toml: pipeline[1].account: it is missing, and dev has an account of its own; "
            'write the account that the pipeline runs in, such as account = "111111111111"',
            id="another account, and none for the pipeline",
        ),
        pytest.param(
            DEV,
            DEV.replace("us-east-1", "eu-west-1") + '\nregion = "eu-west-1"',
            "delivery.toml: pipeline[1].account: it is missing, and dev has a region of its own; "
            'write the account that the pipeline runs in, such as account = "111111111111"',
            id="another region, and no account for the pipeline",
        ),
        pytest.param(
            'name = "acme"',
            'name = "the-whole-portfolio"',
            'delivery.toml: name = "the-whole-portfolio": it is too long; '
            'write at most 16 lower-case letters, digits and single hyphens, such as "dev"',
            id="name that would not fit",
        ),
        pytest.param(
            DEV,
            f'{DEV}\nregion = "virginia"',
            'delivery.toml: environment[dev].region = "virginia": it has the wrong form; '
            'write an AWS region, such as "us-east-1"',
            id="region that is none",
        ),
        pytest.param(
            DEV,
            DEV.replace('"use1-az2"', '"euw1-az2"'),
            'delivery.toml: environment[dev].availability_zones = "euw1-az2": the zone is not in '
            'region us-east-1; name zones of that region, such as "use1-az1"',
            id="zone of another region",
        ),
        pytest.param(
            DEV,
            DEV.replace('"use1-az2"', '"use1-az1"'),
            'delivery.toml: environment[dev].availability_zones = ["use1-az1", "use1-az1"]: a zone is '
            "named twice; name each zone once",
            id="one zone twice",
        ),
        pytest.param(
            DEV,
            DEV.replace(', "use1-az2"', ""),
            'delivery.toml: environment[dev].availability_zones = ["use1-az1"]: it has too few items; '
            'write at least two zone ids of the region, such as ["use1-az1", "use1-az2"]; `make zones` shows '
            "those of your account",
            id="only one zone",
        ),
        pytest.param(
            DEV,
            DEV.replace('"use1-az2"', '"us-east-1b"'),
            'delivery.toml: environment[dev].availability_zones[2] = "us-east-1b": it has the wrong form; '
            'write at least two zone ids of the region, such as ["use1-az1", "use1-az2"]; `make zones` shows '
            "those of your account",
            id="the name of a zone",
        ),
        pytest.param(
            DEV,
            DEV.replace('"use1-az2"', '"use1-az3"'),
            'delivery.toml: environment[dev].availability_zones = "use1-az3": Bedrock AgentCore is not '
            "served in this zone, and shop stands in it; name use1-az2 or use1-az4 instead",
            id="a zone that a service does not serve",
        ),
        pytest.param(
            DEV,
            f'{DEV}\nbake_minutes = "5"',
            'delivery.toml: environment[dev].bake_minutes = "5": it is not a whole number; '
            "write a whole number of minutes from 0 to 1440",
            id="minutes in quotes",
        ),
        pytest.param(
            DEV,
            f'{DEV}\nremoval = "keep"',
            'delivery.toml: environment[dev].removal = "keep": it is none of the words that are allowed; '
            'write "destroy" or "retain": what happens to data when its stack is deleted',
            id="unknown removal",
        ),
        pytest.param(
            DEV,
            f'{DEV}\nalarm_email = "ops"',
            'delivery.toml: environment[dev].alarm_email = "ops": it has the wrong form; '
            'write an e-mail address, such as "ops@example.com"',
            id="e-mail address that is none",
        ),
        pytest.param(
            DEV,
            f'{DEV}\ndomain = "https://dev.example.com"',
            'delivery.toml: environment[dev].domain = "https://dev.example.com": it has the wrong form; '
            'write a domain without a scheme, such as "dev.example.com"',
            id="domain with a scheme",
        ),
        pytest.param(
            PROD,
            PROD.replace("prod", "dev"),
            'delivery.toml: environment[dev].name = "dev": two environments have this name; '
            "give each its own name",
            id="two environments with one name",
        ),
        pytest.param(
            PROD,
            PROD.replace('approval = "manual"', ""),
            'delivery.toml: environment[prod].approval = "none": production would be deployed with nobody '
            'asked; write approval = "manual", or "unattended" if that is what you want',
            id="production without approval",
        ),
        pytest.param(
            DEV,
            DEV.replace("dev", "load"),
            'delivery.toml: environment[load].tier: "load" does not say whose sizes to use; '
            'write tier = "dev", "staging" or "prod"',
            id="environment whose sizes are unknown",
        ),
        pytest.param(
            SHOP,
            'applications = { shpo = ["dev"] }',
            'delivery.toml: pipeline[1].applications = "shpo": there is no such application; '
            "did you mean shop? (stacks/registry.py lists them)",
            id="unknown application",
        ),
        pytest.param(
            SHOP,
            'applications = { shop = ["dev", "qa"] }',
            'delivery.toml: pipeline[1].applications.shop = "qa": there is no such environment; '
            "known are dev, prod",
            id="unknown environment",
        ),
        pytest.param(
            SHOP,
            "applications = {}",
            "delivery.toml: pipeline[1].applications = {}: it has too few items; "
            'write a table of application = [environments], such as second_brain = ["dev", "prod"]',
            id="pipeline that delivers nothing",
        ),
        pytest.param(
            SHOP,
            "applications = { shop = [] }",
            "delivery.toml: pipeline[1].applications.shop = []: it has too few items; "
            'write a table of application = [environments], such as second_brain = ["dev", "prod"]',
            id="application that is delivered nowhere",
        ),
        pytest.param(
            SHOP,
            'applications = { portal = ["dev"] }',
            "delivery.toml: environment[dev].domain: it is missing, and portal is served over HTTPS only; "
            'write domain = "dev.example.com" with a domain of yours, or deliver portal elsewhere',
            id="HTTPS without a domain",
        ),
        pytest.param(
            SHOP,
            f'{SHOP}\n[[pipeline]]\n{REPOSITORY}\napplications = {{ ledger = ["dev"] }}',
            "delivery.toml: pipeline: two pipelines have no name; "
            "give each its own name; only one may go without",
            id="two pipelines without a name",
        ),
        pytest.param(
            SHOP,
            f'{SHOP}\n[[pipeline]]\nname = "b"\n{REPOSITORY}\napplications = {{ shop = ["dev"] }}',
            'delivery.toml: pipeline[b].applications.shop = "dev": pipeline[1] delivers it there already; '
            "deliver an application to an environment from one pipeline",
            id="one application from two pipelines",
        ),
        pytest.param(
            "[environment.settings.shop]",
            "[environment.settings.shpo]",
            'delivery.toml: environment[prod].settings = "shpo": there is no such application; '
            "did you mean shop? (stacks/registry.py lists them)",
            id="settings of an unknown application",
        ),
        pytest.param(
            'cidr = "10.1.0.0/16"',
            "gatewais = 2",
            "delivery.toml: environment[prod].settings.shop.gatewais: there is no such key; "
            "did you mean gateways?",
            id="unknown setting of an application",
        ),
        pytest.param(
            'cidr = "10.1.0.0/16"',
            'size = "huge"',
            'delivery.toml: environment[prod].settings.shop.size = "huge": it has the wrong form; '
            'write "small" or "large"',
            id="size that an application does not have",
        ),
        pytest.param(
            PROD,
            f'{PROD}\n[sandbox]\napplications = ["shpo"]',
            'delivery.toml: sandbox.applications = "shpo": there is no such application; '
            "did you mean shop? (stacks/registry.py lists them)",
            id="unknown application in the sandbox",
        ),
    ],
)
def test_one_line_says_it_all(mistakes: Lines, good: str, was: str, now: str, line: str) -> None:
    assert was in good
    if "[sandbox]" in now:
        good = good.replace('\n[environment.settings.shop]\ncidr = "10.1.0.0/16"\n', "")
    assert line in mistakes(good.replace(was, now, 1))


def test_mistakes_come_together(mistakes: Lines, good: str) -> None:
    bad = good.replace(REPOSITORY, "").replace('approval = "manual"', 'approval = "maybe"')
    assert len(mistakes(bad)) == 2


def test_a_single_mistake_is_a_single_line(mistakes: Lines, good: str) -> None:
    assert len(mistakes(good.replace('"acme/portfolio"', '"acme"'))) == 1


def test_broken_toml_names_the_line(mistakes: Lines, good: str) -> None:
    (line,) = mistakes(good.replace('name = "acme"', 'name = "acme'))
    assert line.startswith("delivery.toml: (the file): it is not TOML: ")
    assert "line 2" in line


def test_production_without_approval_is_allowed_when_said(read: Callable[[str], object], good: str) -> None:
    read(good.replace('approval = "manual"', 'approval = "unattended"'))
