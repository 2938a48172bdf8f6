"""Each finding of cdk-nag's AwsSolutions pack in app.py and the examples is accepted with a reason."""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack, aws_ec2, aws_iam, aws_kms, aws_logs, aws_sqs
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks

from glue_labels import Labels, LabelsImport, LabelsProvider

ROOT = Path(__file__).parents[2]
APPS = [ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/app.py"))]
NAMES = ["app.py" if app == ROOT else app.name for app in APPS]

PROVIDER = "Custom::GlueLabelsImportProvider"
STACK_UUID = '{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}'
EXAMPLE_BUCKET = (
    "An example that is deleted again: access logs need a second bucket, which must be emptied before the "
    "stack can be deleted. Turn them on for real records."
)
OF_ALL_LABEL_VERSIONS = (
    "The transform's role may read all versions of the label file, so that a new version changes nothing in "
    "IAM and a rollback can read the former file; grant_exact_object=True grants one object."
)
OF_BUCKET_DEPLOYMENT = (
    "The CDK's BucketDeployment chooses its function's role and runtime: it reads the app's assets and "
    "writes to the one bucket it is given."
)
OF_CDK_PIPELINES = (
    "CDK Pipelines chooses its own bucket, projects and roles; its guide says what a pipeline that deploys "
    "apps must be allowed."
)


@dataclass(frozen=True)
class Accepted:
    """Accepted findings.

    Attributes:
        where: the resource's path in its stack, as a pattern of `fnmatch`.
        finding: cdk-nag's id. Without the bracket, all findings of the rule.
        reason: why, for a security reviewer.
    """

    where: str
    finding: str
    reason: str

    def covers(self, path: str, finding: str) -> bool:
        return fnmatchcase(path, self.where) and (
            finding == self.finding or finding.startswith(f"{self.finding}[")
        )


# Those of the library are also in SECURITY.md, for its users.
ACCEPTED = [
    *(
        Accepted(
            "*/ReadLabels*/Resource", f"AwsSolutions-IAM5[Resource::{label_files}]", OF_ALL_LABEL_VERSIONS
        )
        for label_files in (
            "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*.csv",
            "<LabelFiles1516A7F7.Arn>/labels/*.csv",
        )
    ),
    Accepted(
        f"{PROVIDER}/Role/Resource",
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>"
        f":rule/glue-labels-{STACK_UUID}-*]",
        "The wildcard is for the resource's part of a rule's name. The prefix allows only rules of this "
        "stack. The role has no iam:PassRole, so a rule acts without a role.",
    ),
    Accepted(
        f"{PROVIDER}/Function/Resource",
        "AwsSolutions-L1",
        "Python 3.13 is the newest version that the function is tested with, and Lambda supports it.",
    ),
    Accepted(
        "TransformRole/Resource",
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSGlueServiceRole]",
        "The policy that AWS Glue requires for a transform's role. AWS updates it when Glue changes.",
    ),
    *(
        Accepted(
            "TransformRole/DefaultPolicy/Resource",
            f"AwsSolutions-IAM5[Action::s3:{action}]",
            "Bucket.grant_read of the CDK: read access to the example's bucket only.",
        )
        for action in ("GetObject*", "GetBucket*", "List*")
    ),
    Accepted(
        "TransformRole/DefaultPolicy/Resource",
        "AwsSolutions-IAM5[Resource::<CustomerRecords680A308D.Arn>/customers/*]",
        "The transform reads all files of its table, which is that folder.",
    ),
    *(
        Accepted(f"{bucket}/Resource", "AwsSolutions-S1", EXAMPLE_BUCKET)
        for bucket in ("CustomerRecords", "LabelFiles", "Source")
    ),
    *(
        Accepted(
            f"Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C/{of}", rule, OF_BUCKET_DEPLOYMENT
        )
        for of, rule in (
            ("Resource", "AwsSolutions-L1"),
            ("ServiceRole/Resource", "AwsSolutions-IAM4"),
            ("ServiceRole/DefaultPolicy/Resource", "AwsSolutions-IAM5"),
        )
    ),
    *(
        Accepted("Pipeline/*", rule, OF_CDK_PIPELINES)
        for rule in ("AwsSolutions-S1", "AwsSolutions-CB4", "AwsSolutions-IAM5")
    ),
]


def findings(app: App, checks: Any = AwsSolutionsChecks) -> set[tuple[str, str]]:
    """The findings of a pack in the stacks of an app: paths of resources in their stack, and ids."""
    stacks = sorted(
        (node.node.path for node in app.node.find_all() if isinstance(node, Stack)), key=len, reverse=True
    )

    def path_in_stack(path: str) -> str:
        return next(path.removeprefix(f"{stack}/") for stack in stacks if path.startswith(f"{stack}/"))

    return {
        (path_in_stack(resource.construct_path), violation.rule_name)
        for violation in checks(app).validate_scope(app).violations
        for resource in violation.violating_resources
    }


@pytest.fixture(scope="module")
def found() -> dict[str, set[tuple[str, str]]]:
    """The findings of each app, by its name."""
    by_app = {}
    for name, folder in zip(NAMES, APPS, strict=True):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            by_app[name] = findings(runpy.run_path("app.py")["app"])
    return by_app


@pytest.mark.parametrize("name", NAMES)
def test_app_has_only_accepted_findings(found: dict[str, set[tuple[str, str]]], name: str) -> None:
    assert found[name]
    assert [one for one in found[name] if not any(each.covers(*one) for each in ACCEPTED)] == []


def test_each_accepted_finding_is_found(found: dict[str, set[tuple[str, str]]]) -> None:
    everywhere = set().union(*found.values())
    assert [each for each in ACCEPTED if not any(each.covers(*one) for one in everywhere)] == []


def test_acknowledgments_of_security_md_cover_all_findings_of_the_library() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    app = App()
    stack = Stack(app, "Test", env=Environment(account="111122223333", region="eu-central-1"))

    role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    names = {"self": stack, "transform": "tfm-1", "role": role}
    exec(block, names)  # noqa: S102 (a document of this project)

    assert findings(app) == set()


def test_exact_grant_has_no_wildcard() -> None:
    app = App()
    stack = Stack(app, "Test")
    LabelsImport(
        stack,
        "Import",
        transform="tfm-1",
        labels=Labels.from_s3_path("s3://labels/customers.csv"),
        transform_role=aws_iam.Role.from_role_name(stack, "Role", "transform"),
        grant_exact_object=True,
    )

    assert {path for path, _ in findings(app)} == {
        f"{PROVIDER}/Function/Resource",
        f"{PROVIDER}/Role/Resource",
    }


PACKS = {
    "HIPAA": HIPAASecurityChecks,
    "R4": NIST80053R4Checks,
    "R5": NIST80053R5Checks,
}


def rules_of_platform_page() -> dict[str, set[str]]:
    """The rules that the page for platform engineers lists, by pack."""
    text = (ROOT / "docs" / "guide" / "platform.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (HIPAA, NIST[^|]*) \|", text, re.MULTILINE)
    return {pack: {rule for rule, packs in rows if re.search(rf"\b{pack}\b", packs)} for pack in PACKS}


def rules_found(pack: str, settings: dict[str, Any], stack: Stack, app: App) -> set[str]:
    provider = LabelsProvider(stack, "LabelsFunction", **settings)
    LabelsImport(
        stack,
        "Import",
        transform="tfm-1",
        labels=Labels.from_s3_path("s3://labels/customers.csv"),
        transform_role=aws_iam.Role.from_role_name(stack, "Role", "transform"),
        provider=provider,
    )
    return {
        rule.rpartition("-")[2]
        for path, rule in findings(app, PACKS[pack])
        if path.startswith(("LabelsFunction/", "Import/"))
    }


@pytest.mark.parametrize("pack", PACKS)
def test_rules_that_the_platform_page_lists_are_those_that_a_pack_finds(pack: str) -> None:
    app = App()

    assert rules_found(pack, {}, Stack(app, "Test"), app) == rules_of_platform_page()[pack]


@pytest.mark.parametrize("pack", PACKS)
def test_settings_that_the_platform_page_names_leave_inline_policies_only(pack: str) -> None:
    app = App()
    stack = Stack(app, "Test")
    settings = {
        "vpc": aws_ec2.Vpc(stack, "Vpc"),
        "log_group": aws_logs.LogGroup(stack, "Logs", encryption_key=aws_kms.Key(stack, "Key")),
        "reserved_concurrent_executions": 5,
        "dead_letter_queue": aws_sqs.Queue(stack, "Queue"),
    }

    assert rules_found(pack, settings, stack, app) == {"IAMNoInlinePolicy"}
