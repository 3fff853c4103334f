"""What `cdk synth` left behind, read before anything is deployed; what is no assembly is told as such."""

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cdk.assembly import Assembly, AssemblyError, Environment
from rehearsal.cli.failures import explained
from rehearsal.conductor.pipeline_stacks import PIPELINE, pipeline_stacks

ACTION = {"ActionTypeId": {"Category": "Deploy"}}
TEMPLATE = {
    "Resources": {"P": {"Type": PIPELINE, "Properties": {"Stages": [{"Name": "Prod", "Actions": [ACTION]}]}}}
}


def stack(**changes: Any) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/unknown-region",
        "properties": {"templateFile": "delivery.json"},
        **changes,
    }


def written(folder: Path, manifest: Any, template: Any = TEMPLATE) -> Assembly:
    (folder / "manifest.json").write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
    (folder / "delivery.json").write_text(template if isinstance(template, str) else json.dumps(template))
    return Assembly(folder)


def read(assembly: Assembly) -> None:
    pipeline_stacks(assembly)
    assembly.environments()


def test_the_stack_with_the_pipeline_is_found_with_where_it_goes(tmp_path: Path) -> None:
    assembly = written(tmp_path, {"artifacts": {"delivery": stack()}})
    (found,) = pipeline_stacks(assembly)
    assert (found.id, found.deploys) == ("delivery", True)
    assert assembly.environments() == {Environment(account="111122223333", region=None)}


@pytest.mark.parametrize(
    ("manifest", "template"),
    [
        ("not json", TEMPLATE),
        ("[]", TEMPLATE),
        ({"artifacts": []}, TEMPLATE),
        ({"artifacts": {"delivery": "stack"}}, TEMPLATE),
        ({"artifacts": {"delivery": {}}}, TEMPLATE),
        ({"artifacts": {"delivery": stack(environment="nowhere")}}, TEMPLATE),
        ({"artifacts": {"delivery": stack(environment=None)}}, TEMPLATE),
        ({"artifacts": {"delivery": stack(properties={})}}, TEMPLATE),
        ({"artifacts": {"delivery": stack(properties={"templateFile": "gone.json"})}}, TEMPLATE),
        ({"artifacts": {"delivery": stack()}}, "{"),
        ({"artifacts": {"delivery": stack()}}, []),
        ({"artifacts": {"delivery": stack()}}, {"Resources": ["P"]}),
        ({"artifacts": {"delivery": stack()}}, {"Resources": {"P": {"Type": PIPELINE}}}),
    ],
)
def test_what_is_no_assembly_is_told_with_what_to_do(tmp_path: Path, manifest: Any, template: Any) -> None:
    assembly = written(tmp_path, manifest, template)
    with pytest.raises(
        AssemblyError, match=r"is not an assembly as `cdk synth` writes it|would refuse"
    ) as caught:
        read(assembly)
    told = explained(caught.value)
    assert told is not None
    assert "cdk synth" in told.remedy


def test_a_folder_without_a_manifest_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match=r"manifest\.json"):
        Assembly(tmp_path).environments()
