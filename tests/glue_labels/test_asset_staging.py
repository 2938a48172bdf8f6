"""`--no-staging`: the manifest names sources instead of copies, and all of them are there after the synth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App, Stack, Stage

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDER_OF_TWO = {
    "1.csv": "labeling_set_id,label,name\n1,A,Ann\n",
    "2.csv": "labeling_set_id,label,name\n2,A,Bo\n",
}


@pytest.fixture
def label_folder(tmp_path: Path) -> Path:
    """A folder of two label files."""
    folder = tmp_path / "labels"
    folder.mkdir()
    for name, text in FOLDER_OF_TWO.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def synthesize(tmp_path: Path) -> Callable[..., Path]:
    """Synthesizes an app with imports of labels, in a stack and in a stage, into a folder."""

    def synth(*paths: Path, staging: bool, name: str = "cdk.out") -> Path:
        context = {} if staging else {"aws:cdk:disable-asset-staging": True}
        app = App(outdir=str(tmp_path / name), context=context)
        for stack in (Stack(app, "Test"), Stack(Stage(app, "Stage"), "Test")):
            for number, path in enumerate(paths):
                labels = Labels.from_asset(path, check=False)
                LabelsImport(stack, f"Import{number}", transform=f"tfm-{number}", labels=labels)
        app.synth()
        return tmp_path / name

    return synth


def sources(assembly: Path) -> dict[str, Path]:
    """Where the manifests of an assembly find their assets, templates aside, by the asset's hash."""
    found = {}
    for manifest in assembly.rglob("*.assets.json"):
        for digest, asset in json.loads(manifest.read_text())["files"].items():
            if not asset["source"]["path"].endswith(".template.json"):
                found[digest] = manifest.parent / asset["source"]["path"]
    return found


@pytest.mark.parametrize("staging", [True, False], ids=["staging", "no-staging"])
def test_each_path_of_the_manifest_exists_after_the_synth(
    synthesize: Callable[..., Path], label_file: Path, label_folder: Path, staging: bool
) -> None:
    found = sources(synthesize(label_file, label_folder, staging=staging))

    assert len(found) == 3
    assert [path for path in found.values() if not path.exists()] == []


def test_assets_have_the_same_hashes_and_files_without_staging(
    synthesize: Callable[..., Path], label_file: Path, label_folder: Path
) -> None:
    staged = sources(synthesize(label_file, label_folder, staging=True, name="staged"))
    bare = sources(synthesize(label_file, label_folder, staging=False, name="bare"))

    assert staged.keys() == bare.keys()
    for digest, path in staged.items():
        assert contents(path) == contents(bare[digest])


def contents(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_what_is_generated_lies_in_the_assembly_and_nothing_else_is_left(
    synthesize: Callable[..., Path], label_folder: Path
) -> None:
    assembly = synthesize(label_folder, staging=False)

    generated = {path.relative_to(assembly).parts[0] for path in sources(assembly).values()}
    assert len(generated) == 2
    assert {path.name for path in assembly.glob("glue-labels*")} == generated


def test_another_content_of_the_folder_lies_at_another_path(
    synthesize: Callable[..., Path], label_folder: Path
) -> None:
    former = set(sources(synthesize(label_folder, staging=False)).values())
    (label_folder / "2.csv").write_text("labeling_set_id,label,name\n3,A,Cy\n")
    latter = set(sources(synthesize(label_folder, staging=False)).values())

    assert len(former & latter) == 1  # The function's code.
    (path,) = latter - former
    assert b"3,A,Cy" in path.read_bytes()
