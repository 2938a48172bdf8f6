"""Each Python block of documents and docstrings runs in a stack, and its app synthesizes."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Environment, Stack, aws_glue, aws_iam, aws_s3
from sybil import Document
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import PythonCodeBlockParser

if TYPE_CHECKING:
    from sybil import Example

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("constructs/glue_labels/*.py")]
)

# The first line of a block that shows an error: the error's type and a part of its text.
FAILS = re.compile(r"# Fails with (?P<type>\w+): (?P<words>.+)")


def parsed(path: Path) -> Document:
    document = PythonDocStringDocument if path.suffix == ".py" else Document
    return document.parse(str(path), PythonCodeBlockParser())


def named(example: Example) -> str:
    return f"{Path(example.path).relative_to(ROOT)}:{example.line}"


EXAMPLES = [example for path in DOCUMENTS for example in parsed(path)]


def names_of(app: App) -> dict[str, Any]:
    """The names that a block may use without defining them: the stack, and resources in it."""
    # With an account, so that roles and buckets of other accounts differ from the stack's.
    stack = Stack(app, "Document", env=Environment(account="111122223333", region="eu-central-1"))
    with Path("labels/customers.csv").open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))[2:]
    table = aws_glue.CfnTable(
        stack,
        "Table",
        catalog_id=stack.account,
        database_name="crm",
        table_input=aws_glue.CfnTable.TableInputProperty(
            name="customers",
            storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                columns=[aws_glue.CfnTable.ColumnProperty(name=name) for name in columns]
            ),
        ),
    )
    role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    transform = aws_glue.CfnMLTransform(
        stack,
        "Transform",
        role=role.role_arn,
        input_record_tables={"glueTables": [{"databaseName": "crm", "tableName": "customers"}]},
        transform_parameters={
            "transformType": "FIND_MATCHES",
            "findMatchesParameters": {"primaryKeyColumnName": "customer_id"},
        },
    )
    return {
        "app": app,
        "self": stack,
        "table": table,
        "role": role,
        "transform": transform,
        "bucket": aws_s3.Bucket(stack, "Bucket"),
    }


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app whose folder has two label files, and a folder with two more."""
    labels = tmp_path / "labels"
    (labels / "customers").mkdir(parents=True)
    for name in ("customers.csv", "more-customers.csv", "customers/1.csv", "customers/2.csv"):
        shutil.copy(ROOT / "labels" / "customers.csv", labels / name)
    monkeypatch.chdir(tmp_path)
    # Other names, because the same sets in two files would be an error.
    second = labels / "customers" / "2.csv"
    header, _, rows = second.read_text().partition("\n")
    second.write_text(f"{header}\n" + re.sub(r"^", "2-", rows, flags=re.MULTILINE).removesuffix("2-"))
    return App(outdir=str(tmp_path / "cdk.out"))


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_block_runs_and_its_app_synthesizes(app: App, example: Example) -> None:
    fails = FAILS.match(example.parsed)
    example.namespace.clear()
    example.namespace.update(names_of(app))
    if fails is None:
        example.evaluate()
        app.synth()
        return
    with pytest.raises(Exception, match=re.escape(fails["words"])) as failed:  # noqa: PT012 (either may)
        example.evaluate()
        app.synth()
    assert failed.type.__name__ == fails["type"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_block_of_python_is_skipped(path: Path) -> None:
    # The parser does not find other spellings, such as "py" or "python" with attributes.
    fences = re.findall(r"^[ \t]*(?:`{3,}|~{3,})[ \t{.]*py", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == len(list(parsed(path)))
