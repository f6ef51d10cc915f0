"""Packs in an image: what they cannot replace, private ones, folders of one's own; and the slim image."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import modal
import pytest
from packaging.requirements import Requirement

from ryla_graphs.lockfile import CustomPack, Lock
from ryla_graphs.lockfile.image_commands import (
    UNWANTED,
    fetch,
    in_order,
    install,
    pack_commands,
    pins_of,
    rule_commands,
)
from ryla_graphs.lockfile.lock import LockedPack
from ryla_graphs.modal_deploy.image import FACES, image_from, slim_image
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.slim import NAMES, normalized, slim
from tests.conftest import ROOT
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.test_image import COMMIT, lock_for

LOCK = Lock.read(ROOT / "ryla.lock")
UV = Path(sys.executable).with_name("uv")


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A package without content."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.mark.skipif(not UV.is_file(), reason="uv is not installed beside this Python (pip install uv)")
def test_a_packs_requirements_replace_nothing_that_is_pinned(tmp_path: Path) -> None:
    """The command of the image, resolved by the real uv among packages of this test."""
    for name, version, *needs in (
        ("opencv-python", "4.9"),
        ("opencv-python-headless", "4.14"),
        ("onnxruntime", "1.20"),
        ("onnxruntime-gpu", "1.29"),
        ("numpy", "1.26"),
        ("numpy", "2.5.2"),
        ("rembg", "2.0", "onnxruntime", "numpy<2"),
    ):
        wheel(tmp_path, name, version, *needs)
    asked = tmp_path / "requirements.txt"
    asked.write_text("opencv-python>=4\nrembg\nnumpy<2\n")
    pins = ("numpy==2.5.2", "opencv-python-headless==4.14", "onnxruntime-gpu==1.29")
    pack = LockedPack(folder="mine", repository="me/mine", commit=COMMIT, requirements=pins)
    core = replace(LOCK.comfyui, requirements=())
    (_, rules, _) = rule_commands(replace(LOCK, comfyui=core, requirements=(), packs=(pack,)))
    subprocess.run(["sh", "-ec", rules.replace("/opt/ryla/", f"{tmp_path}/")], check=True)
    command = install(str(asked)).removeprefix("python -m uv ").replace("/opt/ryla/", f"{tmp_path}/").split()
    command.remove("--system")
    more = [
        "--target",
        str(tmp_path / "there"),
        "--no-index",
        "--find-links",
        str(tmp_path),
        "--python",
        sys.executable,
    ]
    done = subprocess.run([str(UV), *command, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    there = {path.name.removesuffix(".dist-info") for path in (tmp_path / "there").glob("*.dist-info")}
    assert there == {"rembg-2.0", "numpy-2.5.2"}  # no opencv-python, no onnxruntime, and not the old numpy


def test_what_an_install_script_brought_is_put_right(tmp_path: Path) -> None:
    """With a `python` that keeps a list of packages, in the place of pip."""
    fake = tmp_path / "bin/python"
    fake.parent.mkdir()
    fake.write_text(
        "#!/bin/sh\n"
        f'cd {tmp_path}; echo "$PIP_CONSTRAINT|$*" >> asked\n'
        'case "$*" in *"pip show -q opencv-python") exit 0;; *"pip show"*) exit 1;; esac\n'
    )
    fake.chmod(0o755)
    pack = LockedPack(folder="mine", repository="me/mine", commit=COMMIT, own_requirements=True, path="./mine")
    folder = tmp_path / "custom_nodes/mine"
    folder.mkdir(parents=True)
    (folder / "install.py").touch()
    script = "\n".join(pack_commands(pack, str(tmp_path), ("opencv-python-headless==4.14", "onnxruntime-gpu==1.29")))
    environment = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", script], check=True, env=environment)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "/opt/ryla/pins.txt|install.py"
    changed = [line.partition("|")[2] for line in asked if " show " not in line][1:]
    assert changed == [
        "-m pip uninstall -q -y opencv-python",
        "-m pip install -q --no-cache-dir --no-deps --force-reinstall opencv-python-headless==4.14",
    ]


@pytest.mark.parametrize("token", ["ghp_secret", None])
def test_a_private_pack_is_fetched_with_the_secret_of_the_build(tmp_path: Path, token: str | None) -> None:
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\nfor word; do printf "%s\\n" "$word" >> {tmp_path}/words; done\n')
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    environment.pop("GITHUB_TOKEN", None)
    if token is not None:
        environment["GITHUB_TOKEN"] = token
    commands = [*fetch("me/private", COMMIT, "/opt/x")]
    subprocess.run(["sh", "-ec", "\n".join(commands)], check=True, env=environment)
    words = (tmp_path / "words").read_text().splitlines()
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    header = f"http.https://github.com/.extraHeader=Authorization: Basic {basic}"
    assert (header in words) == (token is not None) and ("-c" in words) == (token is not None)
    assert "https://github.com/me/private.git" in words
    assert all("GITHUB_TOKEN" not in command for command in fetch(LOCK.packs[0].repository, COMMIT, "/opt/x"))


def test_the_secret_of_the_build_goes_to_private_packs_only(control_plane: LoopbackModal) -> None:
    lock = lock_for("flux-pulid", packs=(f"me/mine@{COMMIT}",))
    app = modal.App("ryla-private")
    token = modal.Secret.from_name("github")

    @app.function(image=image_from(lock, token=token), serialized=True)
    def work() -> None: ...

    before = {*control_plane.state.images}
    app.deploy()
    layers = [control_plane.state.images[key] for key in control_plane.state.images if key not in before]
    secret = [layer for layer in layers if layer.secret_ids]
    assert len(secret) == 1 and "custom_nodes/mine" in "\n".join(secret[0].dockerfile_commands)
    assert [control_plane.state.secrets[key] for key in secret[0].secret_ids] == ["github"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my_pack"
    folder.mkdir()
    (folder / "__init__.py").write_text("NODE_CLASS_MAPPINGS = {}\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_folder_of_ones_own(control_plane: LoopbackModal, own: Path) -> None:
    lock_for("flux-dev", packs=("./my_pack",)).write("ryla.lock")
    lock = Lock.read("ryla.lock")
    (pack,) = lock.packs
    assert (pack.folder, pack.path, pack.repository) == ("my_pack", "./my_pack", "local/my_pack")
    assert '"./my_pack"' in lock.dumps() and "--pack ./my_pack" in lock.asked.command
    app = modal.App("ryla-own")

    @app.function(image=image_from(lock), serialized=True)
    def work() -> None: ...

    mounts, images = {*control_plane.state.mounts}, {*control_plane.state.images}
    app.deploy()
    sent = {
        file.filename for key in control_plane.state.mounts.keys() - mounts for file in control_plane.state.mounts[key]
    }
    layers = [control_plane.state.images[key] for key in control_plane.state.images if key not in images]
    assert any("COPY . /" in layer.dockerfile_commands for layer in layers)
    assert "/opt/ComfyUI/custom_nodes/my_pack/__init__.py" in sent
    assert not any("__pycache__" in name for name in sent)
    (own / "__init__.py").write_text("# changed\n")
    with pytest.raises(InvalidSettings, match="has changed since the lock was written: run `ryla-graphs lock` again"):
        image_from(lock)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("./nothing", "there is no nothing/__init__.py"), ("some-registry-id", "no pack is known here by that id")],
)
def test_what_is_no_pack_is_reported(own: Path, text: str, expected: str) -> None:
    with pytest.raises(InvalidSettings, match=expected):
        CustomPack.parse(text)


def test_a_pinned_pack_by_its_id_in_the_registry() -> None:
    assert CustomPack.parse("comfyui_instantid").repository == "cubiq/ComfyUI_InstantID"
    assert CustomPack.parse(f"ComfyUI_InstantID@{COMMIT}").commit == COMMIT


def test_what_changes_least_comes_first() -> None:
    def pack(folder: str, **more: object) -> LockedPack:
        return LockedPack(folder=folder, repository=f"a/{folder}", commit=COMMIT, **more)  # type: ignore[arg-type]

    mine, added, pinned = pack("A", own_requirements=True, path="./A"), pack("B", own_requirements=True), LOCK.packs[0]
    assert in_order([mine, added, pinned]) == [pinned, added, mine]


def closure() -> set[str]:
    """The packages that ryla_graphs needs here without ComfyUI, by what is installed."""
    environment = {"python_version": "3.12", "python_full_version": "3.12.8", "sys_platform": "linux"}
    found: set[tuple[str, str]] = set()

    def walk(name: str, extras: tuple[str, ...]) -> None:
        for extra in ("", *extras):
            if (name, extra) in found:
                continue
            found.add((name, extra))
            try:
                needs = [Requirement(text) for text in requires(name) or ()]
            except PackageNotFoundError:
                continue
            for need in needs:
                if need.marker is None or need.marker.evaluate({**environment, "extra": extra}):
                    walk(normalized(need.name), tuple(need.extras))

    walk("ryla-graphs", ("server", "weights"))
    return {name for name, _ in found} - {"ryla-graphs", "colorama"}


def test_the_slim_image_has_all_that_ryla_graphs_needs_and_no_more(control_plane: LoopbackModal) -> None:
    assert closure() <= NAMES, sorted(closure() - NAMES)
    pins = slim((*LOCK.comfyui.requirements, *LOCK.requirements))
    assert 40 < len(pins) < 60 and not any(re.match("torch|numpy|nvidia|comfyui", pin) for pin in pins)
    lines = built(control_plane, slim_image(LOCK))
    assert all(pin in lines for pin in pins) and "ffmpeg" not in lines and "torch" not in lines
    assert "compileall -q -j 0 --invalidation-mode unchecked-hash /root/ryla_graphs" in lines
    assert "dlib" not in lines
    assert all(pin in built(control_plane, slim_image(LOCK, faces=True)) for pin in FACES)


def built(control_plane: LoopbackModal, image: modal.Image) -> str:
    """The commands of the layers that deploying an app with an image adds."""
    app = modal.App("ryla-slim")

    @app.function(image=image, serialized=True)
    def work() -> None: ...

    images = control_plane.state.images
    before = {*images}
    app.deploy()
    return "\n".join(line for key in images if key not in before for line in images[key].dockerfile_commands)


def test_every_unwanted_package_has_one_that_takes_its_place() -> None:
    pins = " ".join(pins_of(LOCK))
    assert all(f"{instead}==" in pins for instead in UNWANTED.values())
