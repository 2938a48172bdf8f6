"""The Lambda asset: its files, and its hash, which depends only on their contents."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack

import glue_labels_handler
from glue_labels import FunctionCodeError, Labels, LabelsImport
from glue_labels.function_code import function_files

if TYPE_CHECKING:
    from collections.abc import Callable

HANDLER_SOURCES = Path(glue_labels_handler.__file__).parent
SITE_PACKAGES = Path(str(importlib.metadata.distribution("crhelper").locate_file("")))

APP = """
from aws_cdk import App, Stack
from glue_labels import Labels, LabelsImport

app = App()
stack = Stack(app, "Test")
LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_s3_path("s3://labels/customers.csv"))
app.synth()
"""


@pytest.fixture
def synthesize(tmp_path: Path) -> Callable[..., Path]:
    """Synthesizes an app with one import into a folder below `tmp_path`."""

    def synth(name: str = "cdk.out") -> Path:
        app = App(outdir=str(tmp_path / name))
        labels = Labels.from_s3_path("s3://labels/customers.csv")
        LabelsImport(Stack(app, "Test"), "Import", transform="tfm-1", labels=labels)
        app.synth()
        return tmp_path / name

    return synth


def asset_of(assembly: Path) -> Path:
    (asset,) = (path for path in assembly.glob("asset.*") if path.is_dir())
    return asset


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_asset_is_the_sources_of_both_packages_and_crhelper_s_licence(
    synthesize: Callable[..., Path],
) -> None:
    handler = {
        f"glue_labels_handler/{path.relative_to(HANDLER_SOURCES)}" for path in HANDLER_SOURCES.rglob("*.py")
    }
    assert "glue_labels_handler/request.py" in handler

    assert set(contents_of(asset_of(synthesize()))) == handler | {
        "crhelper/LICENSE",
        "crhelper/NOTICE",
        "crhelper/__init__.py",
        "crhelper/log_helper.py",
        "crhelper/resource_helper.py",
        "crhelper/utils.py",
    }


def test_asset_is_byte_for_byte_what_is_installed(synthesize: Callable[..., Path]) -> None:
    for name, content in contents_of(asset_of(synthesize())).items():
        source = (
            SITE_PACKAGES / "crhelper-2.0.12.dist-info" / Path(name).name
            if Path(name).suffix != ".py"
            else SITE_PACKAGES / name
            if name.startswith("crhelper/")
            else HANDLER_SOURCES.parent / name
        )
        assert content == source.read_bytes(), name


def test_asset_is_small() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in function_files().items():
            file.writestr(name, content)

    assert len(archive.getvalue()) <= 64 * 1024


def test_asset_holds_no_path_of_this_machine(synthesize: Callable[..., Path]) -> None:
    assembly = synthesize()

    for folder in (HANDLER_SOURCES.parent, SITE_PACKAGES, Path.home(), assembly):
        for name, content in contents_of(asset_of(assembly)).items():
            assert str(folder).encode() not in content, name


def test_modes_do_not_depend_on_the_umask(synthesize: Callable[..., Path]) -> None:
    former = os.umask(0o077)
    try:
        asset = asset_of(synthesize())
    finally:
        os.umask(former)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in asset.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_two_synths_give_the_same_template(synthesize: Callable[..., Path]) -> None:
    first, second = synthesize("first"), synthesize("second")

    assert asset_of(first).name == asset_of(second).name
    assert contents_of(first) == contents_of(second)


def test_nothing_is_left_behind_where_it_was_staged(
    synthesize: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(staging))

    synthesize()

    assert list(staging.iterdir()) == []


def test_synth_needs_no_network_and_starts_no_program(
    synthesize: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Stack(App(), "StartsTheCdk")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("The synth must not do this.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)

    assert asset_of(synthesize()).is_dir()


def test_packages_installed_elsewhere_give_the_same_template(
    synthesize: Callable[..., Path], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    ignore = shutil.ignore_patterns("__pycache__")
    constructs = Path(str(importlib.resources.files("glue_labels")))
    for folder in (
        constructs,
        HANDLER_SOURCES,
        SITE_PACKAGES / "crhelper",
        SITE_PACKAGES / "crhelper-2.0.12.dist-info",
    ):
        shutil.copytree(folder, elsewhere / folder.name, ignore=ignore)
    for path in elsewhere.rglob("*.py"):
        os.utime(path, (0, 0))
        path.chmod(0o600)
    stray = elsewhere / "glue_labels_handler" / "__pycache__"
    stray.mkdir()
    (stray / "main.cpython-311.pyc").write_bytes(b"not a source")
    (elsewhere / "glue_labels_handler" / "notes.txt").write_text("not a source")

    subprocess.run(
        [sys.executable, "-B", "-c", APP],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(elsewhere), "CDK_OUTDIR": str(tmp_path / "other")},
        check=True,
    )

    here, there = synthesize("here"), tmp_path / "other"
    assert contents_of(asset_of(there)) == contents_of(asset_of(here))
    templates = [json.loads((folder / "Test.template.json").read_text()) for folder in (here, there)]
    assert templates[0]["Resources"] == templates[1]["Resources"]


@pytest.mark.parametrize(("before", "after"), [(b"", b"#"), (b"\n", b"\r\n")])
def test_changed_source_is_another_asset(
    synthesize: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes
) -> None:
    former = asset_of(synthesize("former")).name
    files = function_files()
    files["glue_labels_handler/main.py"] = files["glue_labels_handler/main.py"].replace(before, after, 1)
    monkeypatch.setattr("glue_labels.function_code.function_files", lambda: files)

    assert asset_of(synthesize("changed")).name != former


class Crhelper:
    """A stand-in for crhelper's installed distribution."""

    def __init__(self, version: str = "2.0.12", **texts: str) -> None:
        self.version = version
        self._texts = texts

    def read_text(self, name: str) -> str | None:
        return self._texts.get(name.replace("/", "_"))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Crhelper], None]:
    """Puts another distribution in the place of crhelper's."""

    def install(distribution: Crhelper) -> None:
        monkeypatch.setattr(importlib.metadata, "distribution", lambda _: distribution)

    return install


def test_another_crhelper_is_refused_with_both_versions(installed: Callable[..., None]) -> None:
    installed(Crhelper("2.0.11", LICENSE="Apache", NOTICE="Amazon"))

    with pytest.raises(
        FunctionCodeError,
        match=r"2\.0\.11 is installed, .* needs 2\.0\.12\. .*pip install crhelper==2\.0\.12",
    ):
        function_files()


def test_missing_crhelper_is_refused_with_the_version_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)

    with pytest.raises(FunctionCodeError, match=r"not installed.*pip install crhelper==2\.0\.12"):
        function_files()


def test_crhelper_without_its_licence_is_refused(installed: Callable[..., None]) -> None:
    installed(Crhelper(LICENSE="Apache"))

    with pytest.raises(FunctionCodeError, match="without its NOTICE"):
        function_files()


def test_licence_is_found_where_newer_builds_put_it(installed: Callable[..., None]) -> None:
    installed(Crhelper(licenses_LICENSE="Apache", licenses_NOTICE="Amazon"))

    assert function_files()["crhelper/NOTICE"] == b"Amazon"


def test_pinned_crhelper_is_the_one_the_package_depends_on() -> None:
    assert "crhelper==2.0.12" in (importlib.metadata.requires("cdk-glue-labels") or [])
