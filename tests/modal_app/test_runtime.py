"""`runtime_modal.py` as a person deploys it: the real `modal` commands, against the control plane on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from modal_proto import api_pb2

from ryla_graphs.modal_deploy.settings import ModalSettings
from tests.conftest import ROOT
from tests.modal_app.commands import commanded, commanded_here, deployed_app
from tests.modal_app.loopback import LoopbackModal
from tests.modal_app.loopback.state import AppRecord, FunctionRecord


@pytest.fixture
def app(runtime: AppRecord) -> AppRecord:
    return runtime


def function(plane: LoopbackModal, app: AppRecord, name: str) -> FunctionRecord:
    return plane.state.functions[app.functions[name]]


def test_what_is_deployed(control_plane: LoopbackModal, app: AppRecord) -> None:
    fronts = {"front_flux_dev", "front_flux_instantid", "front_flux_lora", "front_workflow"}
    assert app.functions.keys() >= {"web", "upkeep", "drain_events", "Comfy.*"} | fronts
    assert not {"pull_weights", "edit"} & app.functions.keys()  # which have apps of their own


def test_addresses_are_those_that_clients_know(control_plane: LoopbackModal, app: AppRecord) -> None:
    urls = {name: function(control_plane, app, name).metadata.web_url for name in app.functions}
    assert urls["web"] == "https://ryla--ryla-comfyui-web.modal.run"
    for preset in ("flux-dev", "flux-instantid", "flux-lora", "workflow"):
        address = f"https://ryla--ryla-comfyui-comfyui-{preset}.modal.run"
        assert urls[f"front_{preset.replace('-', '_')}"] == address


def test_the_worker_has_its_gpus_and_volumes(control_plane: LoopbackModal, app: AppRecord) -> None:
    worker = function(control_plane, app, "Comfy.*")
    assert [each.resources.gpu_config.gpu_type for each in worker.ranked] == ["L40S", "A100-40GB", "A100-80GB"]
    definition = worker.ranked[0]
    mounts = {mount.mount_path: mount.read_only for mount in definition.volume_mounts}
    assert mounts == {
        "/models": True,
        "/loras": True,
    }
    assert definition.timeout_secs == 3600 and definition.startup_timeout_secs == 900
    assert definition.retry_policy.retries == 0 and not definition.checkpointing_enabled
    assert definition.autoscaler_settings.scaledown_window == 60
    assert definition.resources.memory_mb == 32 * 1024 and definition.resources.milli_cpu == 4000
    assert definition.autoscaler_settings.max_containers == 10


def test_one_web_container_owns_the_records(control_plane: LoopbackModal, app: AppRecord) -> None:
    web = function(control_plane, app, "web").ranked[0]
    assert web.autoscaler_settings.max_containers == 1 and web.max_concurrent_inputs == 1000
    assert web.webhook_config.type == api_pb2.WEBHOOK_TYPE_ASGI_APP and not web.webhook_config.requires_proxy_auth
    assert not web.resources.gpu_config.gpu_type
    assert [control_plane.state.secrets[secret] for secret in web.secret_ids if secret in control_plane.state.secrets]


def test_upkeep_is_scheduled(control_plane: LoopbackModal, app: AppRecord) -> None:
    assert control_plane.state.schedules["drain_events"].period.minutes == 15
    assert control_plane.state.schedules["upkeep"].period.days == 1


@pytest.mark.parametrize("mode", ["cpu", "gpu"])
def test_settings_reach_the_deployment(control_plane: LoopbackModal, mode: str) -> None:
    app = deployed_app(
        control_plane,
        here=True,
        RYLA_MODAL_SNAPSHOT=mode,
        RYLA_MODAL_FALLBACK="A10,L4",
        RYLA_MODAL_GPUS="A10,L4,T4",
        RYLA_MODAL_BUFFER_CONTAINERS="1",
        RYLA_MODAL_PROXY_AUTH="1",
    )
    worker = function(control_plane, app, "Comfy.*").ranked
    assert [each.resources.gpu_config.gpu_type for each in worker] == ["A10", "L4"]
    assert worker[0].checkpointing_enabled and worker[0].autoscaler_settings.buffer_containers == 1
    assert (dict(worker[0].experimental_options).get("enable_gpu_snapshot") == "True") == (mode == "gpu")
    assert function(control_plane, app, "web").ranked[0].webhook_config.requires_proxy_auth


@pytest.mark.parametrize(
    ("variable", "value"),
    [("GPUS", "H1000"), ("FALLBACK", ","), ("SNAPSHOT", "yes"), ("SCALEDOWN_SECONDS", "1"), ("APP", "Ryla App")],
)
def test_a_wrong_setting_is_named_and_ends_the_command(control_plane: LoopbackModal, variable: str, value: str) -> None:
    done = commanded_here("deploy", "runtime_modal.py", **{f"RYLA_MODAL_{variable}": value})
    assert done.returncode == 1
    assert f"RYLA_MODAL_{variable}" in done.stdout and "Traceback" not in done.stdout + done.stderr


def test_secrets_of_the_deployer_do_not_go_along(control_plane: LoopbackModal) -> None:
    secret = "whsec_" + "c2VjcmV0" * 6
    environment = {"RYLA_WEBHOOK_SECRET": secret, "RYLA_TOKENS": "me:" + "x" * 30, "RYLA_QUEUE_LIMIT": "7"}
    app = deployed_app(control_plane, here=True, **environment)
    definitions = [function(control_plane, app, name).ranked[0] for name in app.functions]
    sent = [control_plane.state.environments[each] for definition in definitions for each in definition.secret_ids]
    assert {variables["RYLA_QUEUE_LIMIT"] for variables in sent if variables} == {"7"}
    assert secret not in f"{definitions}{sent}" and "x" * 30 not in f"{definitions}{sent}"


def test_an_app_beside_the_deployed_one_has_records_of_its_own(control_plane: LoopbackModal) -> None:
    name = f"app-{uuid.uuid4().hex[:8]}"
    before = {*control_plane.state.apps}
    done = commanded(control_plane, "serve", "--timeout", "1", "runtime_modal.py", RYLA_MODAL_APP=name)
    assert done.returncode == 0, done.stdout + done.stderr
    (app,) = (app for key, app in control_plane.state.apps.items() if key not in before)
    assert not app.deployed
    secrets = function(control_plane, app, "web").ranked[0].secret_ids
    reported = [control_plane.state.environments[secret].get("RYLA_MODAL_RECORDS") for secret in secrets]
    assert f"{name}-dev" in reported


@pytest.mark.parametrize(
    ("arguments", "records"),
    [
        (["/usr/bin/modal", "serve", "runtime_modal.py"], "x-dev"),
        (["/venv/modal/__main__.py", "run", "runtime_modal.py::upkeep"], "x-dev"),
        (["/usr/bin/modal", "deploy", "runtime_modal.py"], None),
        (["runtime_modal.py"], None),
        (["/usr/bin/python", "serve"], None),
        ([], None),
    ],
)
def test_whose_records_a_command_has(arguments: list[str], records: str | None) -> None:
    assert ModalSettings(app="x").for_command(arguments).records == records
    assert ModalSettings(app="x", records="y").for_command(arguments).records == "y"


LOOKED_AT = """
import json, runtime_modal as app
worker, web = app.Comfy().run.info(), app.web.info()
chosen = app.Comfy.with_options(gpu="H100")().run.info()
edit, pull = app.edit.info(), app.pull_weights.info()
print(json.dumps({
    "gpus": worker.gpus, "chosen": chosen.gpus, "timeout": worker.timeout, "methods": worker.method_names,
    "volumes": {path: [row.name, row.read_only] for path, row in worker.volumes.items()},
    "edit": [edit.gpus, sorted(edit.volumes), edit.timeout], "pull": [pull.gpus, sorted(pull.volumes)],
    "at once": web.concurrency_info.max_inputs, "open": web.web_info.unauthenticated,
}))
"""


def test_what_modal_knows_of_it_offline_and_without_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOKED_AT],  # a deprecation of modal's would be a failure
        cwd=ROOT,
        env=os.environ | {"RYLA_MODAL_MODELS_VOLUME": "shared-weights"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "gpus": [["L40S", 1], ["A100-40GB", 1], ["A100-80GB", 1]],
        "chosen": [["H100", 1]],
        "timeout": 3600,
        "methods": ["run", "warm"],
        "volumes": {"/models": ["shared-weights", True], "/loras": ["ryla-comfyui-loras", True]},
        "edit": [[["L40S", 1]], ["/loras", "/models"], 12 * 3600],
        "pull": [[], ["/models"]],
        "at once": 1000,
        "open": True,
    }


def test_the_image_is_that_of_the_lock(control_plane: LoopbackModal, app: AppRecord) -> None:
    from ryla_graphs.lockfile import Lock

    lock = Lock.read(ROOT / "ryla.lock")
    lines = "\n".join(line for image in control_plane.state.images.values() for line in image.dockerfile_commands)
    assert lock.comfyui.commit is not None and lock.comfyui.commit in lines
    assert all(pack.commit in lines for pack in lock.packs)


def test_files_of_ours_only_are_sent(control_plane: LoopbackModal, app: AppRecord, tmp_path: Path) -> None:
    files = {file.filename for files in control_plane.state.mounts.values() for file in files}
    assert any(name.endswith("ryla_graphs/modal_deploy/web.py") for name in files)
    assert not any(".git/" in name or "/tests/" in name for name in files)
