"""Each example synthesizes from its folder, and its template has what the example shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[2] / "examples"
IMPORT = "Custom::GlueLabelsImport"


@pytest.fixture
def synthesized(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run an example's app as the CDK CLI does. Return its stack's resources, by logical id."""

    def synthesize(example: str, stack: str, **context: str) -> dict[str, Any]:
        subprocess.run(
            [sys.executable, "app.py"],
            cwd=EXAMPLES / example,
            env={**os.environ, "CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)},
            check=True,
        )
        template = json.loads((tmp_path / f"{stack}.template.json").read_text())
        return dict(template["Resources"])

    return synthesize


def imports(resources: dict[str, Any]) -> list[Any]:
    """The imports of a template."""
    return [resource for resource in resources.values() if resource["Type"] == IMPORT]


def test_existing_transform_is_the_one_of_the_context(synthesized: Callable[..., dict[str, Any]]) -> None:
    resources = synthesized(
        "existing_transform", "LabelsOfExistingTransform", transform_id="tfm-ours", transform_role="OurRole"
    )
    (one,) = imports(resources)
    assert one["Properties"]["TransformId"] == "tfm-ours"
    (name,) = (
        name for name, each in resources.items() if each.get("Properties", {}).get("Roles") == ["OurRole"]
    )
    assert "s3:GetObject" in json.dumps(resources[name])
    assert name in one["DependsOn"]


def test_existing_transform_that_is_not_given_is_an_error_that_says_how(
    synthesized: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    synthesized("existing_transform", "LabelsOfExistingTransform", transform_role="OurRole")
    told = "".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert "cdk deploy --context transform_id=" in told
    assert "cdk deploy --context transform_role=" not in told


def test_several_files_are_imported_in_order_and_the_first_alone_replaces(
    synthesized: Callable[..., dict[str, Any]],
) -> None:
    resources = synthesized("several_files", "SeveralFiles")
    names = {
        each: next(name for name, one in resources.items() if one["Type"] == IMPORT and name.startswith(each))
        for each in ("FirstRound", "SecondRound", "ThirdRound")
    }
    first, second, third = (resources[name] for name in names.values())
    assert names["FirstRound"] in second["DependsOn"]
    assert names["SecondRound"] in third["DependsOn"]
    flags = [str(each["Properties"].get("ReplaceAllLabels")).lower() for each in (first, second, third)]
    assert flags == ["true", "false", "false"]


def test_several_files_later_ones_are_imported_again_when_the_first_is(
    synthesized: Callable[..., dict[str, Any]],
) -> None:
    resources = synthesized("several_files", "SeveralFiles")
    first = next(name for name in resources if name.startswith("FirstRound"))
    versions = [one["Properties"].get("Version") for one in resources.values() if one["Type"] == IMPORT]
    assert versions.count({"Fn::GetAtt": [first, "TaskRunId"]}) == 2


def test_encrypted_bucket_s_role_may_decrypt_each_version_and_the_import_waits_for_the_upload(
    synthesized: Callable[..., dict[str, Any]],
) -> None:
    resources = synthesized("encrypted_bucket", "EncryptedBucket")
    (one,) = imports(resources)
    (upload,) = (name for name, each in resources.items() if each["Type"] == "Custom::CDKBucketDeployment")
    assert upload in one["DependsOn"]
    (grant,) = (
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in resources.values()
        if each["Type"] == "AWS::IAM::Policy" and "TransformRole" in json.dumps(each["Properties"]["Roles"])
    )
    actions = {statement["Action"]: statement["Resource"] for statement in grant}
    (key,) = (name for name, each in resources.items() if each["Type"] == "AWS::KMS::Key")
    assert actions["kms:Decrypt"] == {"Fn::GetAtt": [key, "Arn"]}
    assert "/labels/*.csv" in json.dumps(actions["s3:GetObject"])
    assert re.search(r"/labels/customers-[0-9a-f]{16}\.csv", json.dumps(one["Properties"]["InputS3Path"]))
    assert resources[upload]["Properties"]["DestinationBucketKeyPrefix"] == "labels"
    assert resources[upload]["Properties"]["Prune"] is False


@pytest.mark.parametrize(("context", "version"), [({}, "4.0"), ({"glue_version": "3.0"}, "3.0")])
def test_glue_version_of_the_app_can_be_set_by_context(
    synthesized: Callable[..., dict[str, Any]], context: dict[str, str], version: str
) -> None:
    resources = synthesized("..", "GlueLabelsExample", **context)
    (transform,) = (each for each in resources.values() if each["Type"] == "AWS::Glue::MLTransform")
    assert transform["Properties"]["GlueVersion"] == version


@pytest.mark.parametrize("app", sorted([EXAMPLES.parent / "app.py", *EXAMPLES.glob("*/app.py")]), ids=str)
def test_app_with_a_transform_has_its_glue_version_as_a_constant_with_advice(app: Path) -> None:
    text = app.read_text(encoding="utf-8")
    if "CfnMLTransform(" in text:
        choice = re.search(r"((?:^#.*\n)+)^GLUE_VERSION = ", text, re.MULTILINE)
        assert choice is not None
        assert "docs/availability.md" in choice[1]
        assert re.search(r"glue_version=.*GLUE_VERSION,", text)


def test_pipeline_imports_in_production_after_test_and_an_approval(
    synthesized: Callable[..., dict[str, Any]],
) -> None:
    resources = synthesized("pipeline_stage", "LabelsPipeline")
    (pipeline,) = (one for one in resources.values() if one["Type"] == "AWS::CodePipeline::Pipeline")
    stages = {stage["Name"]: stage["Actions"] for stage in pipeline["Properties"]["Stages"]}
    assert [*stages][-2:] == ["Test", "Production"]
    order = {action["ActionTypeId"]["Category"]: action["RunOrder"] for action in stages["Production"]}
    assert order["Approval"] < order["Deploy"]
