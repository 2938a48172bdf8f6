"""What cdk-nag's AwsSolutions pack finds in the example is known, and each finding has a reason to stand."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import App, Environment, Stack
from cdk_nag import AwsSolutionsChecks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from aws_cdk.aws_glue import CfnMLTransform
    from constructs import Construct

ROOT = Path(__file__).parents[2]

PROVIDER = "Custom::GlueLabelsImportProvider"

# By where it is in the stack, and its id. The library's two are also in SECURITY.md, for its users.
REASONS = {
    (
        f"{PROVIDER}/Role/Resource",
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>"
        ":rule/glue-labels-*]",
    ): "The rest of a polling rule's name is a hash of the stack's id, which no template can compute. The "
    "role has no iam:PassRole, so a rule acts with no role.",
    (
        f"{PROVIDER}/Function/Resource",
        "AwsSolutions-L1",
    ): "Python 3.13 is the newest version that the function is tested with, and Lambda supports it.",
    (
        "CustomerRecords/Resource",
        "AwsSolutions-S1",
    ): "An example to take down again: access logs need a second bucket, which somebody must empty before "
    "the stack can be deleted. Who keeps real records there turns them on.",
    (
        "TransformRole/Resource",
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSGlueServiceRole]",
    ): "The policy that AWS Glue's guide asks for on a transform's role, kept by AWS as Glue changes.",
    (
        "TransformRole/DefaultPolicy/Resource",
        "AwsSolutions-IAM5[Action::s3:GetObject*]",
    ): "Bucket.grant_read of the CDK: it reads only, and only below customers/ of the example's own bucket.",
    (
        "TransformRole/DefaultPolicy/Resource",
        "AwsSolutions-IAM5[Action::s3:GetBucket*]",
    ): "Bucket.grant_read of the CDK: it reads settings only, and only of the example's own bucket.",
    (
        "TransformRole/DefaultPolicy/Resource",
        "AwsSolutions-IAM5[Action::s3:List*]",
    ): "Bucket.grant_read of the CDK: it lists only, and only the example's own bucket.",
    (
        "TransformRole/DefaultPolicy/Resource",
        "AwsSolutions-IAM5[Resource::<CustomerRecords680A308D.Arn>/customers/*]",
    ): "The transform reads all files of its table, and the table is that folder.",
}


def findings(stack: Stack) -> set[tuple[str, str]]:
    app = stack.node.root
    return {
        (resource.construct_path.removeprefix(f"{stack.node.path}/"), violation.rule_name)
        for violation in AwsSolutionsChecks(app).validate_scope(app).violations
        for resource in violation.violating_resources
    }


def test_example_has_no_findings_beside_those_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    stack = runpy.run_path(str(ROOT / "app.py"))["app"].node.find_child("GlueLabelsExample")

    assert findings(stack) == set(REASONS)


def test_what_security_md_acknowledges_leaves_no_finding_of_the_library(
    transform_in: Callable[[Construct], CfnMLTransform],
) -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    stack = Stack(App(), "Test", env=Environment(account="111122223333", region="eu-central-1"))

    exec(block, {"self": stack, "transform": transform_in(stack)})  # noqa: S102 (a document of this project)

    assert findings(stack) == set()
