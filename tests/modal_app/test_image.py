"""The image of a lock: its layers as Modal's control plane gets them, and their commands in a real shell."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import modal
import pytest
import yaml

from ryla_graphs import presets
from ryla_graphs.lockfile import Asked, CustomPack, Lock, lock_of
from ryla_graphs.lockfile.image_commands import (
    COMFYUI,
    EXTRA_MODEL_PATHS,
    LOCK_PATH,
    extra_model_paths,
    in_order,
)
from ryla_graphs.lockfile.lock import LockedFix, LockedPack
from ryla_graphs.modal_deploy import image as building
from ryla_graphs.modal_deploy.image import LORAS, MODELS, deployed_lock, image_from
from ryla_graphs.models_folder.extra_paths import read_extra_paths
from ryla_graphs.problems import CannotRunHere
from tests.conftest import ROOT
from tests.modal_app.loopback import LoopbackModal

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NODES = {"Mine": {"input": {"required": {}}, "output": ["IMAGE"], "python_module": "custom_nodes.mine"}}


def lock_for(*names: str, packs: tuple[str, ...] = (), comfyui: str | None = None) -> Lock:
    graphs = {name: presets.get(name).build(presets.get(name).example).compile() for name in names}
    asked = Asked(targets=names, packs=tuple(CustomPack.parse(text) for text in packs), comfyui=comfyui)
    return lock_of(asked, graphs, NODES)


class Built:
    """What deploying an app with an image of this lock sent."""

    def __init__(self, control_plane: LoopbackModal, lock: Lock) -> None:
        app = modal.App("ryla-image")

        @app.function(image=image_from(lock), serialized=True)
        def work() -> None: ...

        before = set(control_plane.state.images)
        mounts = set(control_plane.state.mounts)
        app.deploy()
        state = control_plane.state
        self.layers = [[*state.images[key].dockerfile_commands] for key in state.images if key not in before]
        self.files = {
            file.filename: state.uploaded[file.sha256_hex]
            for key in state.mounts.keys() - mounts
            for file in state.mounts[key]
            if file.sha256_hex in state.uploaded
        }

    def where(self, text: str) -> int:
        """The number of the one layer with a text."""
        (found,) = [index for index, layer in enumerate(self.layers) if text in "\n".join(layer)]
        return found


def test_layers_are_exact_and_come_in_the_order_of_how_rarely_they_change(control_plane: LoopbackModal) -> None:
    lock = lock_for("flux-pulid", "face-swap")
    built = Built(control_plane, lock)
    order = [
        built.where("libglib2.0-0"),  # with the compiler, for the lock has TorchCompileModel
        built.where(f"torch=={dict(pin.split('==') for pin in lock.comfyui.requirements)['torch']} "),
        built.where(f"https://github.com/Comfy-Org/ComfyUI.git {lock.comfyui.commit}"),
        *(built.where(f"https://github.com/{pack.repository}.git {pack.commit}") for pack in in_order(lock.packs)),
        built.where("fastapi=="),
        built.where(EXTRA_MODEL_PATHS),
        built.where("compileall -q -j 0 --invalidation-mode unchecked-hash /root/ryla_graphs"),
    ]
    system = "\n".join(built.layers[order[0]])
    assert "--no-install-recommends" in system and " gcc " in system and " libc6-dev " in system
    assert order == sorted(order) and len({*order}) == len(order)
    installs = [line for layer in built.layers for line in layer if "uv pip install" in line]
    assert len(installs) == 2 + len(lock.packs) and all("--no-deps" in line for line in installs)
    for pack in lock.packs:
        layer = "\n".join(built.layers[built.where(f"github.com/{pack.repository}.git") - 1])
        assert all(pin in layer for pin in pack.requirements)
    sent = {name.partition("/root/")[2] for name in built.files if "/ryla_graphs/" in name}
    package = [path for path in (ROOT / "ryla_graphs").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sent == {path.relative_to(ROOT).as_posix() for path in package}, "the data and the page go along, too"


def test_the_lock_goes_along(control_plane: LoopbackModal, tmp_path: Path) -> None:
    lock_for("flux-dev", packs=(f"me/mine@{COMMIT}",)).write(tmp_path / "ryla.lock")
    built = Built(control_plane, Lock.read(tmp_path / "ryla.lock"))
    for path in (LOCK_PATH, f"{LOCK_PATH}.nodes.json"):
        assert built.files[path] == (tmp_path / Path(path).name).read_bytes()


def test_an_unpinned_pack_installs_its_own_packages_within_the_pins(control_plane: LoopbackModal) -> None:
    lock = lock_for("flux-dev", packs=(f"me/mine@{COMMIT}",))
    built = Built(control_plane, lock)
    layer = built.layers[built.where("custom_nodes/mine/requirements.txt")]
    assert "--override /opt/ryla/rules.txt" in "\n".join(layer)
    assert lock.comfyui.requirements[0] in "\n".join(built.layers[built.where("> /opt/ryla/pins.txt")])


def test_a_version_without_a_known_commit_is_fetched_by_its_tag(control_plane: LoopbackModal) -> None:
    built = Built(control_plane, lock_for("flux-dev", comfyui="0.30.0"))
    assert f"pip install --no-cache-dir -r {COMFYUI}/requirements.txt" in "\n".join(
        built.layers[built.where("https://github.com/Comfy-Org/ComfyUI.git refs/tags/v0.30.0")]
    )


def test_a_container_reads_the_lock_of_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock_for("flux-dev").write(tmp_path / "ryla.lock")
    assert deployed_lock(tmp_path / "ryla.lock").presets == ("flux-dev",)
    lock_for("flux-schnell").write(tmp_path / "in_image.lock")
    monkeypatch.setattr(building, "LOCK_PATH", str(tmp_path / "in_image.lock"))
    assert deployed_lock(tmp_path / "ryla.lock").presets == ("flux-schnell",)


def test_comfyui_finds_the_volumes(tmp_path: Path) -> None:
    lock = lock_for("flux-pulid", "flux-lora")
    text = extra_model_paths(lock, models="/m", loras="/l")
    assert yaml.safe_load(text)["ryla_loras"] == {"base_path": "/l", "loras": "."}
    (tmp_path / "extra.yaml").write_text(text)
    found = read_extra_paths(tmp_path / "extra.yaml").last
    assert found["loras"] == (Path("/l"),) and found["vae"] == (Path("/m/vae"),)
    linked = {"insightface", "facexlib"}
    assert linked.isdisjoint(found)
    for weight in lock.weights:
        assert weight.folder.split("/")[0] in {*found} | linked


def test_a_lock_of_a_commit_that_lacks_its_classes_is_not_deployed(tmp_path: Path) -> None:
    lock = lock_for("flux-dev")
    old = "2f35f4a08176d993cded35dac3332be4f7287f41"
    replace(lock, comfyui=replace(lock.comfyui, commit=old)).write(tmp_path / "ryla.lock")
    with pytest.raises(CannotRunHere, match="886 node classes, and ComfyUI has 848"):
        deployed_lock(tmp_path / "ryla.lock")


def shell(commands: list[str], folder: Path, *, upstream: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the commands of a layer as its build would, below a folder, with a local git server for GitHub."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}
    if upstream is not None:
        (folder / "gitconfig").write_text(f'[url "file://{upstream}/"]\n\tinsteadOf = https://github.com/\n')
    script = "\n".join(command.removeprefix("RUN ").replace("/opt/", f"{folder}/opt/") for command in commands)
    return subprocess.run(["sh", "-ec", script], capture_output=True, text=True, env=environment, check=False)


def pack_layer(control_plane: LoopbackModal, pack: LockedPack) -> list[str]:
    built = Built(control_plane, replace(lock_for("flux-dev"), packs=(pack,)))
    return [line for line in built.layers[built.where(f"custom_nodes/{pack.folder}")] if line.startswith("RUN ")]


@pytest.fixture
def upstream(tmp_path: Path) -> tuple[Path, str]:
    """A server with ``me/mine.git``, and the commit before its newest one."""
    work = tmp_path / "github" / "me" / "mine.git"
    work.mkdir(parents=True)
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    commits = []
    for number in (1, 2):
        (work / "nodes.py").write_text(f"VERSION = {number}  # s/[.*]^$&\\1 it's\n")
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", f"{number}"], check=True)
        reported = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        commits.append(reported.stdout.strip())
    return tmp_path / "github", commits[0]


def test_the_exact_commit_is_fetched_and_changed(
    control_plane: LoopbackModal, tmp_path: Path, upstream: tuple[Path, str]
) -> None:
    server, commit = upstream
    fix = LockedFix(file="nodes.py", find="s/[.*]^$&\\1 it's", replace="a/b&\\2 'c'", why="a test")
    pack = LockedPack(folder="mine", repository="me/mine", commit=commit, fixes=(fix,))
    ran = shell(pack_layer(control_plane, pack), tmp_path, upstream=server)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "opt/ComfyUI/custom_nodes/mine/nodes.py").read_text() == "VERSION = 1  # a/b&\\2 'c'\n"


def test_a_fix_that_does_not_fit_ends_the_build(
    control_plane: LoopbackModal, tmp_path: Path, upstream: tuple[Path, str]
) -> None:
    server, commit = upstream
    fix = LockedFix(file="nodes.py", find="VERSION = 3", replace="", why="a test")
    pack = LockedPack(folder="mine", repository="me/mine", commit=commit, fixes=(fix,))
    assert shell(pack_layer(control_plane, pack), tmp_path, upstream=server).returncode != 0


def test_the_paths_are_written_and_linked(control_plane: LoopbackModal, tmp_path: Path) -> None:
    lock = lock_for("sdxl-instantid")
    built = Built(control_plane, lock)
    (tmp_path / "opt/ComfyUI/models").mkdir(parents=True)
    commands = [line for line in built.layers[built.where(EXTRA_MODEL_PATHS)] if line.startswith("RUN ")]
    ran = shell(commands, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "opt/ryla/extra_model_paths.yaml").read_text() == extra_model_paths(
        lock, models=MODELS, loras=LORAS
    )
    assert (tmp_path / "opt/ComfyUI/models/insightface").readlink() == Path("/models/insightface")
