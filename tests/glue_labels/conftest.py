"""The world of the construct's tests: a stack, a transform in it, and templates as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack, aws_glue, aws_iam
from aws_cdk.assertions import Template

from glue_labels import Labels, LabelsImport, LabelsProvider
from glue_labels.labeling_file import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

    from glue_labels.labeling_file import Report


@pytest.fixture
def stack() -> Stack:
    """An environment-agnostic stack."""
    return Stack(App(), "Test")


@pytest.fixture
def transform_in() -> Callable[[Construct], aws_glue.CfnMLTransform]:
    """Makes a FindMatches transform in a scope."""

    def make(scope: Construct, name: str = "Transform") -> aws_glue.CfnMLTransform:
        return aws_glue.CfnMLTransform(
            scope,
            name,
            role="arn:aws:iam::123456789012:role/glue",
            input_record_tables={"glueTables": [{"databaseName": "crm", "tableName": "customers"}]},
            transform_parameters={
                "transformType": "FIND_MATCHES",
                "findMatchesParameters": {"primaryKeyColumnName": "customer_id"},
            },
        )

    return make


@pytest.fixture
def transform(
    stack: Stack, transform_in: Callable[[Construct], aws_glue.CfnMLTransform]
) -> aws_glue.CfnMLTransform:
    """A transform of the stack."""
    return transform_in(stack)


@pytest.fixture
def role(stack: Stack) -> aws_iam.Role:
    """A role of the stack that Glue assumes."""
    return aws_iam.Role(stack, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))


@pytest.fixture
def labels() -> Labels:
    """Labels somewhere in S3, where it does not matter what they are."""
    return Labels.from_s3_path("s3://labels/customers.csv")


@pytest.fixture
def importing(labels: Labels) -> Callable[..., LabelsProvider]:
    """Makes a provider with settings, and imports that use it."""

    def make(stack: Stack, *transforms: Any, **settings: Any) -> LabelsProvider:
        provider = LabelsProvider(stack, "LabelsFunction", **settings)
        for number, transform in enumerate(transforms or ["tfm-1"]):
            LabelsImport(stack, f"Import{number}", transform=transform, labels=labels, provider=provider)
        return provider

    return make


@pytest.fixture
def label_file(tmp_path: Path) -> Path:
    """A label file of the app."""
    file = tmp_path / "customers.csv"
    file.write_text("labeling_set_id,label,customer_id\nSET-01,A,1\nSET-01,A,2\n")
    return file


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """Checks a file of some content, or a folder with files of given names."""
    monkeypatch.chdir(tmp_path)

    def check_content(content: str | bytes | dict[str, str | bytes], **options: object) -> Report:
        files = content if isinstance(content, dict) else {"labels.csv": content}
        for name, of in files.items():
            file = Path("labels", name) if isinstance(content, dict) else Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(of if isinstance(of, bytes) else of.encode())
        return check("labels" if isinstance(content, dict) else "labels.csv", **options)  # type: ignore[arg-type]  # a test's

    return check_content


@pytest.fixture
def resources_of() -> Callable[[Stack, str], dict[str, Any]]:
    """Gives a stack's resources of a type, by logical id, with intrinsic functions written as text."""

    def find(stack: Stack, resource_type: str) -> dict[str, Any]:
        found = Template.from_stack(stack).find_resources(resource_type)
        return {name: _as_text(resource) for name, resource in found.items()}

    return find


@pytest.fixture
def resource_of(resources_of: Callable[[Stack, str], dict[str, Any]]) -> Callable[[Stack, str], Any]:
    """Gives a stack's one resource of a type."""

    def find(stack: Stack, resource_type: str) -> Any:
        (resource,) = resources_of(stack, resource_type).values()
        return resource

    return find


def _as_text(value: Any) -> Any:
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"${{{resource}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Join": [separator, parts]}:
            return separator.join(str(_as_text(part)) for part in parts)
        case {"Fn::Select": [index, of]}:
            return f"Select({index}, {_as_text(of)})"
        case {"Fn::Split": [separator, of]}:
            return f"Split({separator!r}, {_as_text(of)})"
        case {"Fn::ImportValue": name}:
            return f"Import({_as_text(name)})"
        case dict():
            return {key: _as_text(item) for key, item in value.items()}
        case list():
            return [_as_text(item) for item in value]
    return value
