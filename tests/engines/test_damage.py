"""Weight files that a loader cannot read are named. What the libraries say was heard from a real ComfyUI 0.33."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import Workflow, catalogs
from ryla_graphs.engines import run
from ryla_graphs.problems import ExecutionFailed
from tests.engines.stub import Script, serving

RUST = "safetensors._safetensors_rust.SafetensorError"
HEAD = "Error while deserializing header: "
UNPICKLED = (
    "Weights only load failed. In PyTorch 2.6, we changed the default value of the `weights_only` argument. "
    "Re-running `torch.load` with `weights_only` set to `False` will likely succeed.\n"
    "Please file an issue: WeightsUnpickler error: \n\n{}\n\nCheck the documentation of torch.load."
)
HEARD = [
    (RUST, f"{HEAD}incomplete metadata, file not fully covered\n", "incomplete metadata, file not fully covered"),
    (RUST, f"{HEAD}header too large\n", "header too large"),
    (RUST, f"{HEAD}header too small\n", "header too small"),
    (
        RUST,
        f"{HEAD}invalid JSON in header: EOF while parsing a value",
        "invalid JSON in header: EOF while parsing a value",
    ),
    ("EOFError", "\n", "EOFError"),
    (
        "RuntimeError",
        "PytorchStreamReader failed reading zip archive: failed finding central directory. This is an internal error.",
        "PytorchStreamReader failed reading zip archive: failed finding central directory",
    ),
    ("_pickle.UnpicklingError", UNPICKLED.format("Unsupported operand 60"), "Unsupported operand 60"),
]


def failed(class_type: str, inputs: dict[str, Any], exception_type: str, message: str) -> ExecutionFailed:
    document = {
        "file": {"class_type": class_type, "inputs": inputs},
        "save": {"class_type": "PreviewAny", "inputs": {"source": ["file", 0]}},
    }
    error = {
        "node_id": "file", "node_type": class_type, "exception_type": exception_type, "exception_message": message,
    }  # fmt: skip
    custom = {"input": {"required": {"pack_model": ["STRING"]}}, "output": ["MODEL"]}
    catalog = catalogs.bundled() | catalogs.from_object_info({"LoaderOfAPack": custom})
    workflow = Workflow.load(document, catalog=catalog).compile()
    with serving(Script(error=error)) as (engine, _), pytest.raises(ExecutionFailed) as caught:
        run(engine, workflow)
    assert (caught.value.node, caught.value.class_type) == ("file", class_type)
    return caught.value


@pytest.mark.parametrize(("exception_type", "message", "reason"), HEARD)
def test_the_file_is_named(exception_type: str, message: str, reason: str) -> None:
    error = failed("VAELoader", {"vae_name": "mine.safetensors"}, exception_type, message)
    assert str(error).startswith("VAELoader 'file' cannot read models/vae/mine.safetensors: damaged, incomplete,")
    assert f"({reason})" in str(error) and "weights check" in str(error)
    assert "weights_only" not in str(error), "advice that would run whatever code is in the file"


TWO = {"clip_name1": "t5.safetensors", "clip_name2": "l.safetensors", "type": "flux"}


def test_a_loader_of_two_files_names_both() -> None:
    error = failed("DualCLIPLoader", TWO, RUST, f"{HEAD}header too large")
    assert "cannot read models/text_encoders/l.safetensors or models/text_encoders/t5.safetensors:" in str(error)


def test_unless_the_error_names_one() -> None:
    message = (
        "The safetensors header is incomplete.\n\nFile path: /srv/secret/models/text_encoders/l.safetensors\n\n"
        "The safetensors file is corrupt/incomplete. Check the file size."
    )
    error = failed("DualCLIPLoader", TWO, "ValueError", message)
    assert "cannot read models/text_encoders/l.safetensors: " in str(error) and "t5" not in str(error)
    assert "/srv/secret" not in str(error)


def test_a_loader_that_no_table_knows() -> None:
    error = failed("LoaderOfAPack", {"pack_model": "x.gguf"}, "ValueError", "GGUF magic invalid")
    assert str(error).startswith("LoaderOfAPack 'file' cannot read x.gguf: ")


@pytest.mark.parametrize(
    ("exception_type", "message", "expected"),
    [
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", "mat1 and mat2 shapes cannot be multiplied"),
        ("_pickle.UnpicklingError", "Unsupported global: GLOBAL os.system", "Unsupported global: GLOBAL os.system"),
        ("spandrel.registry.UnsupportedModelError", "\n", "UnsupportedModelError"),
        ("", "", "the server reports no reason"),
    ],
)
def test_other_errors_stay_what_they_are(exception_type: str, message: str, expected: str) -> None:
    error = failed("VAELoader", {"vae_name": "mine.safetensors"}, exception_type, message)
    assert str(error) == f"VAELoader 'file' failed: {expected}"


def test_an_error_of_reading_elsewhere_blames_no_weights() -> None:
    error = failed("LoadImage", {"image": "x.png"}, "EOFError", "")
    assert str(error) == "LoadImage 'file' failed: EOFError"
