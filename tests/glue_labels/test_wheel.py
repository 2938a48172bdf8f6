"""The wheel, installed outside the checkout with what it declares to depend on and nothing else.

No index is asked: what the wheel depends on is linked from this environment, which holds the locked versions.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
DISTRIBUTION = "cdk-glue-labels"
PACKAGES = {"glue_labels", "glue_labels_cli", "glue_labels_handler", "glue_labels_sandbox"}

GOOD = "labeling_set_id,label,customer_id\nSET-01,A,1\nSET-01,A,2\nSET-01,B,3\n"

APP = """
import sys
from aws_cdk import App, Stack
from glue_labels import Labels, LabelsImport

app = App(outdir=sys.argv[2])
stack = Stack(app, "Test")
LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(sys.argv[1]))
app.synth()
print(sys.modules["glue_labels"].__file__)
"""

INVOKE_NODE = """
import boto3, io, json, zipfile
trust = dict(Effect="Allow", Principal=dict(Service="lambda.amazonaws.com"), Action="sts:AssumeRole")
document = json.dumps(dict(Version="2012-10-17", Statement=[trust]))
role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.js", "exports.handler = async () => require('of-the-app').text;")
functions = boto3.client("lambda")
functions.create_function(FunctionName="f", Role=role, Runtime="nodejs22.x", Handler="index.handler",
                          Code=dict(ZipFile=code.getvalue()), Timeout=30)
print(functions.invoke(FunctionName="f")["Payload"].read().decode())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new virtual environment with the wheel and its declared dependencies."""
    return _environment(wheel, tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def environment_with_the_extra(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for the wheel with its extra ``[sandbox]``."""
    return _environment(wheel, tmp_path_factory.mktemp("environment"), "sandbox")


@pytest.fixture(scope="module")
def environment_with_aws(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for the wheel with its extra ``[aws]``."""
    return _environment(wheel, tmp_path_factory.mktemp("environment"), "aws")


@pytest.fixture(scope="module")
def assemblies(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same app, synthesized by the checkout and by the wheel."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "customers.csv").write_text(GOOD)
    # Where the tests' environment has an installation of another checkout, this one comes first.
    checkout = os.pathsep.join(str(ROOT / part) for part in ("constructs", "lambda"))
    assert ROOT in _synthesize([sys.executable], folder, "checkout", PYTHONPATH=checkout).parents
    # Isolated: neither the current directory nor PYTHONPATH is searched.
    assert environment.parents[1] in _synthesize([str(environment), "-I"], folder, "wheel").parents
    return folder / "checkout", folder / "wheel"


def test_wheel_is_one_for_every_python_3_and_platform(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_wheel_holds_the_packages_and_nothing_beside_them(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


def test_wheel_holds_the_files_of_the_labeling_page(wheel: Path) -> None:
    page = Path("glue_labels_cli", "labeling_page", "static")
    files = {(page / file.name).as_posix() for file in (ROOT / "cli" / page).iterdir()}
    assert len(files) > 5
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_label_with_its_extra_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("labeling_set_id,label,customer_id\nSET-01,A,1\nSET-01,,2\n")
    program = _environment(wheel, tmp_path / "environment", "label").with_name("glue-labels")
    command = [str(program), "label", str(file), "--no-browser", "--idle-minutes", "0.001"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"Labeling page of {file}: http://127.0.0.1:"), done.stderr


def test_every_package_of_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_carries_the_licence_it_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (licence,) = (name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert "License-Expression: Apache-2.0\n" in archive.read(metadata).decode()


def test_app_with_the_wheel_has_the_checkout_s_template(assemblies: tuple[Path, Path]) -> None:
    checkout, wheel = (
        json.loads((assembly / "Test.template.json").read_text())["Resources"] for assembly in assemblies
    )
    assert wheel == checkout


def test_app_with_the_wheel_has_the_checkout_s_assets_byte_for_byte(assemblies: tuple[Path, Path]) -> None:
    checkout, wheel = (dict(_assets(assembly)) for assembly in assemblies)
    assert any(name.endswith("glue_labels_handler/main.py") for name in checkout)
    assert wheel == checkout


def test_no_staging_with_the_wheel_leaves_each_file_that_the_manifest_names(
    environment: Path, tmp_path: Path
) -> None:
    (tmp_path / "customers.csv").write_text(GOOD)
    (tmp_path / "app.py").write_text(APP)
    cli = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--no-staging", "--quiet"]
    command = [*cli, "--output", "cdk.out", "--app", f"{environment} -I app.py customers.csv cdk.out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assembly = tmp_path / "cdk.out"
    files = json.loads((assembly / "Test.assets.json").read_text())["files"].values()
    sources = [assembly / file["source"]["path"] for file in files]
    assert len(sources) == 3
    assert [source for source in sources if not source.exists()] == []
    assert list(assembly.glob("asset.*")) == []


def test_check_with_the_wheel_accepts_a_good_file_and_refuses_a_bad_one(
    environment: Path, tmp_path: Path
) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(GOOD.replace("labeling_set_id", "set"))
    good, bad = (
        subprocess.run(
            [str(environment.with_name("glue-labels")), "check", name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("good.csv", "bad.csv")
    )
    assert (good.returncode, good.stdout) == (0, "0 errors, 0 warnings in good.csv\n"), good.stderr
    assert bad.returncode == 1, bad.stderr
    assert bad.stdout.startswith("bad.csv:1: error[key-columns]: the first two columns are 'set', 'label', ")


def test_sandbox_without_its_extra_says_what_to_install(environment: Path) -> None:
    command = [str(environment.parent / "glue-labels"), "sandbox", "--", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "boto3, ministack, moto, trustme" in done.stderr
    assert '-py3-none-any.whl[sandbox]"' in done.stderr


def test_sandbox_with_its_extra_runs_a_command(environment_with_the_extra: Path, tmp_path: Path) -> None:
    program = environment_with_the_extra.with_name("glue-labels")
    command = [str(program), "sandbox", "--no-bootstrap", "--", "sh", "-c", "echo $AWS_ENDPOINT_URL"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("https://127.0.0.1:"), done.stderr


def test_sandbox_of_the_wheel_runs_a_node_function_with_what_npm_installed_for_the_app(
    environment_with_the_extra: Path, tmp_path: Path
) -> None:
    package = tmp_path / "node_modules" / "of-the-app"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.text = 'found';")
    (tmp_path / "invoke.py").write_text(INVOKE_NODE)
    program, python = environment_with_the_extra.with_name("glue-labels"), environment_with_the_extra
    command = [str(program), "sandbox", "--no-bootstrap", "--", str(python), "-I", "invoke.py"]
    # Node.js itself. The command on the PATH may be a script of the environment of these tests.
    found = shutil.which("node")
    assert found is not None
    node = subprocess.run([found, "-p", "process.execPath"], capture_output=True, text=True, check=True)
    env = {**os.environ, "PATH": f"{Path(node.stdout.strip()).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == '"found"\n', done.stderr


def test_command_that_talks_to_aws_says_what_to_install_without_its_extra(environment: Path) -> None:
    command = [str(environment.parent / "glue-labels"), "status", "--transform", "customers"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "`glue-labels status` needs packages that are not installed: boto3." in done.stderr
    assert '-py3-none-any.whl[aws]"' in done.stderr


def test_command_that_talks_to_aws_loads_what_its_extra_installs(
    environment_with_aws: Path, tmp_path: Path
) -> None:
    program = environment_with_aws.with_name("glue-labels")
    command = [str(program), "status", "--transform", "customers", "--region", "eu-west-1"]
    # Without credentials, nothing is called.
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "NoCredentialsError" in done.stderr


def test_extra_declares_what_the_sandbox_imports() -> None:
    extra = _declared(DISTRIBUTION, "sandbox") - _declared(DISTRIBUTION)
    assert {"boto3", "cryptography", "hypercorn", "ministack", "moto", "trustme"} <= extra


def _environment(wheel: Path, folder: Path, extra: str = "") -> Path:
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    _pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    for dependency in _declared(DISTRIBUTION, extra) - {DISTRIBUTION}:
        _link(importlib.metadata.distribution(dependency), site_packages)
    return python


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True)


def _declared(name: str, extra: str = "") -> set[str]:
    """Return a distribution and all it depends on, with one of its extras or none."""
    found: set[tuple[str, str]] = set()
    waiting = {(name, extra)}
    while waiting:
        current = waiting.pop()
        found.add(current)
        name, extra = current
        for each in map(Requirement, importlib.metadata.requires(name) or []):
            if not each.marker or each.marker.evaluate({"extra": extra}):
                waiting |= {(canonicalize_name(each.name), wanted) for wanted in ["", *each.extras]} - found
    return {name for name, _ in found}


def _link(distribution: importlib.metadata.Distribution, site_packages: Path) -> None:
    for file in distribution.files or []:
        target = site_packages / file
        # Commands lie outside; and aws-cdk-lib brings a file that one of its dependencies brings too.
        if ".." not in file.parts and not target.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file.locate())


def _synthesize(python: Sequence[str], folder: Path, name: str, **variables: str) -> Path:
    """Synthesize the app into a folder below `folder`; return where the library was imported from."""
    done = subprocess.run(
        [*python, "-c", APP, str(folder / "customers.csv"), str(folder / name)],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip())


def _assets(assembly: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the assets' files, in whose paths their hashes are."""
    for path in assembly.rglob("*"):
        name = path.relative_to(assembly).as_posix()
        if name.startswith("asset.") and path.is_file():
            yield name, path.read_bytes()
