"""A template that names a secret or parameter which nobody has made fails with the command that makes it."""

import re
import uuid
from typing import Any

import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint
from tests.rehearsal.cloud.stacks import StackFailedError, Stacks

CREATE = "aws secretsmanager create-secret --name {name} --secret-string "
REFERENCES = {
    "{{{{resolve:secretsmanager:{name}:SecretString:::}}}}": CREATE + "placeholder",
    "{{{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}}}}}": (
        CREATE + "placeholder"
    ),
    "{{{{resolve:secretsmanager:{name}:SecretString:token}}}}": CREATE + """'{{"token": "placeholder"}}'""",
    "{{{{resolve:ssm:{name}}}}}": "aws ssm put-parameter --name {name} --type String --value placeholder",
}


@pytest.fixture
def name() -> str:
    return f"token-{uuid.uuid4().hex[:8]}"


def using(reference: str) -> dict[str, Any]:
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": reference}}}


@pytest.mark.parametrize(("reference", "command"), REFERENCES.items())
def test_the_reason_names_the_command(stacks: Stacks, name: str, reference: str, command: str) -> None:
    wanted = f'not found. It must exist .*: eval "$(slipway env)"; {command.format(name=name)}'
    with pytest.raises(StackFailedError, match=re.escape(wanted).replace(r"\.\*", ".*")):
        stacks.deploy(name, using(reference.format(name=name)))


def test_a_stack_elsewhere_gets_a_command_for_there(cloud: Endpoint, name: str) -> None:
    elsewhere = Stacks(session=client.session(cloud, account="444455556666", region="eu-central-1"))
    with pytest.raises(StackFailedError) as failed:
        elsewhere.deploy(name, using(f"{{{{resolve:secretsmanager:{name}}}}}"))
    assert 'eval "$(slipway env --account 444455556666)"; aws secretsmanager' in str(failed.value)
    assert "--secret-string placeholder --region eu-central-1" in str(failed.value)
