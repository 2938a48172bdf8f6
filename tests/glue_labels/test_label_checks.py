"""The check of a label file at synth: errors, warnings, rules turned off, columns, and what reviewers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Aws, CfnParameter, Stack, aws_glue, aws_s3
from aws_cdk.assertions import Template
from stack_warnings import warnings_of_import

from glue_labels import InvalidPropertyError, Labels, LabelsImport, UnknownRuleError
from glue_labels.labeling_file import check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

IMPORT = "Custom::GlueLabelsImport"
HEADER = "labeling_set_id,label,name,street\n"
CLEAN = HEADER + "A,1,Ann,Elm\nA,1,Anne,Elm\nA,2,Bo,Oak\n"
SHORT_ROWS = CLEAN + "A,2\n" * 25
ONE_ROW = CLEAN + "B,1,Cy,Elm\n"
BIG_SET = CLEAN + "".join(f"B,{n % 40},Cy {n},Elm\n" for n in range(60))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with nothing in it but what a test writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def import_of(folder: Path, stack: Stack) -> Callable[..., LabelsImport]:
    """Declares an import of a file of some content."""

    def declare(content: str, name: str = "Import", **options: Any) -> LabelsImport:
        (folder / f"{name}.csv").write_bytes(content.encode())
        labels = Labels.from_asset(f"{name}.csv", **options)
        return LabelsImport(stack, name, transform="tfm-1", labels=labels)

    return declare


@pytest.fixture
def errors_of(import_of: Callable[..., LabelsImport]) -> Callable[..., str]:
    """Gives what an import of a file of some content fails with."""

    def fail(content: str, **options: Any) -> str:
        with pytest.raises(InvalidPropertyError) as failure:
            import_of(content, **options)
        return str(failure.value)

    return fail


def table_of(stack: Stack, *names: str, partition_keys: Sequence[str] = ()) -> aws_glue.CfnTable:
    """A table with columns of these names."""
    column = aws_glue.CfnTable.ColumnProperty
    return aws_glue.CfnTable(
        stack,
        "Table",
        catalog_id=Aws.ACCOUNT_ID,
        database_name="crm",
        table_input=aws_glue.CfnTable.TableInputProperty(
            storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                columns=[column(name=name, type="string") for name in names]
            ),
            partition_keys=[column(name=name) for name in partition_keys] or None,
        ),
    )


def test_error_fails_the_import_with_construct_file_line_and_remedy(errors_of: Callable[..., str]) -> None:
    assert errors_of(CLEAN + "A,2\n") == (
        "Test/Import: The label file has 1 error:\n"
        "Import.csv:5: error[field-count]: 2 fields, the header has 4 (row of labeling set 'A')\n"
        "  Give the row as many fields as the header has. Quote a field that has a comma."
    )


def test_all_errors_of_a_file_are_reported_at_once(errors_of: Callable[..., str]) -> None:
    told = errors_of(CLEAN + "A,2\n,2,x,y\n")

    assert told.startswith("Test/Import: The label file has 2 errors:\n")
    assert "\nImport.csv:5: error[field-count]" in told
    assert "\nImport.csv:6: error[empty-set-id]" in told


def test_first_20_errors_are_reported_and_how_many_more(errors_of: Callable[..., str]) -> None:
    told = errors_of(SHORT_ROWS)

    assert told.startswith("Test/Import: The label file has 25 errors:\n")
    assert told.count("error[field-count]") == 20
    assert told.endswith("\n... and 5 more")


def test_warning_is_an_annotation_with_an_id_to_acknowledge(
    import_of: Callable[..., LabelsImport], stack: Stack
) -> None:
    import_of(ONE_ROW)

    (warning,) = warnings_of_import(stack)

    assert warning.startswith("Import.csv:5: labeling set 'B' has only one row")
    assert warning.endswith("[ack: cdk-glue-labels:single-row-set]")


def test_lines_that_end_in_cr_lf_are_a_warning_with_the_line_for_git(
    import_of: Callable[..., LabelsImport], stack: Stack
) -> None:
    import_of(CLEAN.replace("\n", "\r\n"))

    (warning,) = warnings_of_import(stack)

    assert warning.startswith("Import.csv:1: the lines end in CR LF: ")
    assert ".gitattributes: *.csv text eol=lf" in warning
    assert warning.endswith("[ack: cdk-glue-labels:crlf-line-ends]")


def test_lines_that_end_in_cr_lf_are_reported_once_per_folder(folder: Path, stack: Stack) -> None:
    (folder / "labels").mkdir()
    for name in "abc":
        content = CLEAN.replace("A,", f"{name},").replace("\n", "\n" if name == "a" else "\r\n")
        (folder / "labels" / f"{name}.csv").write_bytes(content.encode())

    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset("labels"))

    (warning,) = warnings_of_import(stack)
    assert warning.startswith("labels/b.csv:1: the lines end in CR LF, in 1 other file too: ")


def test_cr_lf_is_turned_off_by_name_and_no_finding_on_the_command_line(
    folder: Path, import_of: Callable[..., LabelsImport], stack: Stack
) -> None:
    import_of(CLEAN.replace("\n", "\r\n"), ignore_rules=["crlf-line-ends"])

    assert warnings_of_import(stack) == []
    assert check(folder / "Import.csv").warning_count == 0


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_is_no_label_file_fails_the_import_with_what_it_is(
    errors_of: Callable[..., str], line_end: str
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:96\nsize 18151\n"
    told = errors_of(pointer.replace("\n", line_end))

    assert "\nImport.csv:1: error[not-a-label-file]: not a label file but a Git LFS pointer" in told
    assert "Fetch the file itself: git lfs pull." in told
    assert told.count("error[") == 1


def test_part_without_rows_leaves_the_uploaded_file_its_header(folder: Path) -> None:
    files = folder / "labels"
    files.mkdir()
    (files / "part-00000.csv").write_text("")
    (files / "part-00001.csv").write_text(CLEAN)
    (files / "_SUCCESS").write_text("")

    assert uploaded_from("labels", folder)[1].decode() == CLEAN


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("part-0.csv.gz", "It has compressed files, 'part-0.csv.gz'"),
        ("day=1/a.csv", "'day=1': move the files up"),
    ],
)
def test_folder_without_csv_files_is_refused_with_what_it_has_instead(
    folder: Path, stack: Stack, name: str, says: str
) -> None:
    file = folder / "labels" / name
    file.parent.mkdir(parents=True)
    file.write_text("x")

    with pytest.raises(InvalidPropertyError, match=r"has no CSV files: 'labels'") as error:
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset("labels"))

    assert says in str(error.value)


def test_acknowledged_warning_is_gone(import_of: Callable[..., LabelsImport], stack: Stack) -> None:
    from aws_cdk import Annotations as OfConstruct

    OfConstruct.of(import_of(ONE_ROW)).acknowledge_warning("cdk-glue-labels:single-row-set")

    assert warnings_of_import(stack) == []


def test_clean_file_has_neither_errors_nor_warnings(
    import_of: Callable[..., LabelsImport], stack: Stack
) -> None:
    import_of(CLEAN)

    assert warnings_of_import(stack) == []
    assert App.of(stack).synth().stacks


def test_single_rules_are_turned_off_by_name(import_of: Callable[..., LabelsImport], stack: Stack) -> None:
    import_of(BIG_SET + "C,1,Di,Elm\n", ignore_rules=["rows-in-set-over-50"])

    (warning,) = warnings_of_import(stack)

    assert "single-row-set" in warning


def test_rule_that_is_not_turned_off_still_fails_the_import(errors_of: Callable[..., str]) -> None:
    told = errors_of(BIG_SET + "C,1,Di,Elm\n", ignore_rules=["single-row-set"])

    assert "error[rows-in-set-over-50]: labeling set 'B' has 60 rows" in told


def test_unknown_rule_is_refused_at_once_with_the_one_that_was_probably_meant() -> None:
    with pytest.raises(UnknownRuleError, match=r"no rule 'rows-in-set-over-5'.*'rows-in-set-over-50'"):
        Labels.from_asset("labels.csv", ignore_rules=["rows-in-set-over-5"])


def test_file_can_be_taken_unchecked(
    import_of: Callable[..., LabelsImport], stack: Stack, resource_of: Callable[..., Any]
) -> None:
    import_of("no labeling file\n", check=False)

    assert "Summary" not in resource_of(stack, IMPORT)["Properties"]


def test_columns_are_compared_with_names(errors_of: Callable[..., str]) -> None:
    told = errors_of(CLEAN, columns=["street", "name", "city"])

    assert "error[table-columns]" in told
    assert "missing 'city'; misplaced 'name', 'street'" in told


def test_columns_are_compared_with_a_table_and_its_partition_keys(
    errors_of: Callable[..., str], stack: Stack
) -> None:
    table = table_of(stack, "name", "street", partition_keys=["day"])

    assert "missing 'day'" in errors_of(CLEAN, columns=table)


def test_columns_like_the_table_s_are_no_error(import_of: Callable[..., LabelsImport], stack: Stack) -> None:
    import_of(CLEAN, columns=table_of(stack, "name", "street"))

    assert App.of(stack).synth().stacks


def test_columns_known_at_deployment_only_are_not_compared(
    import_of: Callable[..., LabelsImport], stack: Stack
) -> None:
    parameter = CfnParameter(stack, "Column").value_as_string
    import_of(CLEAN, columns=table_of(stack, "name", parameter))
    import_of(CLEAN, "Two", columns=["name", parameter])

    assert App.of(stack).synth().stacks


@pytest.mark.parametrize("columns", ["name", 2, [2]])
def test_columns_of_another_type_are_refused(columns: Any) -> None:
    with pytest.raises(TypeError, match=r"^columns must be names of columns, a CfnTable, or a .*, not "):
        Labels.from_asset("labels.csv", columns=columns)


def test_summary_is_in_the_template(
    import_of: Callable[..., LabelsImport], stack: Stack, resource_of: Callable[..., Any]
) -> None:
    import_of(CLEAN)

    summary = resource_of(stack, IMPORT)["Properties"]["Summary"]

    assert summary == "1 sets, 3 rows, 1 matches, 2 non-matches"


def template_of(content: str, folder: Path) -> dict[str, Any]:
    """The template of an import of a file of this content, in an app of its own."""
    (folder / "labels.csv").write_text(content)
    stack = Stack(App(), "Test")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset("labels.csv"))
    return dict(Template.from_stack(stack).to_json())


def test_same_content_gives_the_same_template(folder: Path) -> None:
    assert template_of(CLEAN, folder) == template_of(CLEAN, folder)


def test_other_content_changes_path_and_summary_and_nothing_else(folder: Path) -> None:
    former, latter = (
        template_of(content, folder)["Resources"] for content in (CLEAN, CLEAN + "B,1,x,y\nB,2,z,y\n")
    )

    changed = {
        (former[name]["Type"], key)
        for name in former
        for key in former[name].get("Properties", {})
        if former[name]["Properties"][key] != latter[name]["Properties"][key]
    }
    assert changed == {(IMPORT, "InputS3Path"), (IMPORT, "Summary")}


def test_labels_that_are_not_in_the_app_have_no_summary(
    stack: Stack, resources_of: Callable[..., Any]
) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket")
    for name, labels in {
        "One": Labels.from_bucket(bucket, "labels.csv"),
        "Two": Labels.from_s3_path(CfnParameter(stack, "Path").value_as_string),
    }.items():
        LabelsImport(stack, name, transform="tfm-1", labels=labels)

    assert all("Summary" not in one["Properties"] for one in resources_of(stack, IMPORT).values())


def uploaded_from(path: str, folder: Path) -> tuple[str, bytes]:
    """Name and content of the file that an import of `path` uploads."""
    app = App(outdir=str(folder / "cdk.out"))
    LabelsImport(Stack(app, "Test"), "Import", transform="tfm-1", labels=Labels.from_asset(path))
    app.synth()
    (staged,) = (folder / "cdk.out").glob("asset.*.csv")
    content = staged.read_bytes()
    staged.unlink()
    return staged.name, content


def test_folder_is_uploaded_as_one_file_with_one_header(folder: Path) -> None:
    files = folder / "labels"
    files.mkdir()
    # Written in another order than that of their names; one does not end its last line.
    (files / "b.csv").write_text(HEADER + "B,1,Cy,Elm\nB,1,Cyd,Elm\n")
    (files / "c.CSV").write_text('labeling_set_id,label,name,"street"\nC,1,Di,Elm\nC,2,Ed,Elm\n')
    (files / "a.csv").write_text(CLEAN.rstrip("\n"))
    (files / "notes.txt").write_text("not one of them")
    (files / ".hidden.csv").write_text("nor this")

    _, content = uploaded_from("labels", folder)

    assert content.decode() == CLEAN + "B,1,Cy,Elm\nB,1,Cyd,Elm\nC,1,Di,Elm\nC,2,Ed,Elm\n"


def test_folder_is_the_same_version_wherever_and_whenever_it_was_written(folder: Path) -> None:
    versions = set()
    for name, order in (("one", "ab"), ("two", "ba")):
        (folder / name).mkdir()
        for file in order:
            (folder / name / f"{file}.csv").write_text(CLEAN.replace("A,", f"{file},"))
        versions.add(uploaded_from(name, folder))

    assert len(versions) == 1


def test_finding_in_a_folder_names_the_original_file_and_line(folder: Path, stack: Stack) -> None:
    (folder / "labels").mkdir()
    (folder / "labels" / "a.csv").write_text(CLEAN)
    (folder / "labels" / "b.csv").write_text(HEADER + "B,1,Cy,Elm\nB,1\n")

    with pytest.raises(InvalidPropertyError, match=r"\nlabels/b.csv:3: error\[field-count\]"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset("labels"))


def test_folder_without_csv_files_is_refused_with_its_path(folder: Path, stack: Stack) -> None:
    (folder / "labels").mkdir()

    with pytest.raises(InvalidPropertyError, match=r"^Test/Import: .* no CSV files: 'labels'"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset("labels"))


def test_file_is_read_once_for_all_imports_of_it(
    folder: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glue_labels import label_asset

    (folder / "labels.csv").write_text(CLEAN)
    checks = []
    check = label_asset.check
    monkeypatch.setattr(
        label_asset, "check", lambda *args, **options: checks.append(args) or check(*args, **options)
    )
    labels = Labels.from_asset("labels.csv")
    for name in ("One", "Two"):
        LabelsImport(stack, name, transform=f"tfm-{name}", labels=labels)

    assert len(checks) == 1
