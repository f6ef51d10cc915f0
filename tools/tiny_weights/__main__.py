"""Write small random weight files that a real ComfyUI loads, so that the presets can be executed on a processor.

    python -m tools.tiny_weights COMFYUI BASE [FILE ...]

COMFYUI is ComfyUI's folder; run it with a Python that has what ComfyUI needs. BASE gets ``models/`` and, in
``custom_nodes/``, the small sizes that ComfyUI would else take for granted; FILE names some files alone, as
``vae/ae.safetensors``. Then start ``main.py --cpu --base-directory BASE`` and run `tests/engines/test_real_comfyui.py`.
The output is noise: this shows that every node runs, and nothing about how pictures look.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.count_parameters import Part
from tools.tiny_weights import faces, sizes
from tools.tiny_weights.rows import FILES, LORAS, File

NODES = "custom_nodes/tiny_sizes.py"


def main() -> None:
    """Write what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comfyui", type=Path, help="ComfyUI's folder")
    parser.add_argument("base", type=Path, help="a folder that becomes ComfyUI's --base-directory")
    parser.add_argument("file", nargs="*", help="files to write again; by default all that are not there")
    given = parser.parse_args()
    sys.argv[1:] = []
    sys.path.insert(0, str(given.comfyui))
    import_module("comfy.cli_args").args.cpu = True
    sizes.apply()
    (given.base / NODES).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(str(sizes.__file__), given.base / NODES)
    models = given.base / "models"
    for name in given.file or [*FILES, *LORAS, *OTHERS]:
        if given.file or not (models / name).exists():
            written(name, models, given.comfyui)


OTHERS: Mapping[str, Callable[[Path], None]] = {
    "ultralytics/bbox/face_yolov8m.pt": lambda path: import_module("ultralytics").YOLO("yolov8n.yaml").save(path),
    "instantid/ip-adapter.bin": lambda path: faces.adapter(path, _random),
    "insightface/models/antelopev2/glintr100.onnx": lambda path: faces.antelope(path.parent),
}
"""Files of packs, which need the packs' own packages: ultralytics, onnx."""


def written(name: str, models: Path, comfyui: Path) -> None:
    """Write one file and its copies."""
    path = models / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in OTHERS:
        OTHERS[name](path)
    elif name in LORAS:
        _save(dict(_lora(FILES[LORAS[name]], comfyui)), path, {})
    else:
        file = FILES[name]
        tensors = dict(_tensors(file, comfyui))
        for mark, shape in file.marks.items():
            tensors[mark] = _random(mark, shape)
        if file.tokenizer:
            tensors["spiece_model"] = _tokenizer()
        _save(tensors, path, file.metadata)
        for copy in file.copies:
            (models / copy).parent.mkdir(parents=True, exist_ok=True)
            (models / copy).unlink(missing_ok=True)
            os.link(path, models / copy)
    print(f"{name}: {path.stat().st_size / 1e6:,.1f} MB", flush=True)


def _save(tensors: dict[str, Any], path: Path, metadata: Any) -> None:
    import_module("safetensors.torch").save_file(tensors, path, metadata={"format": "pt", **metadata})


def _tensors(file: File, comfyui: Path) -> Iterator[tuple[str, Any]]:
    for prefix, part in file.parts.items():
        model = _made(part, comfyui)
        kept = {name for name, _ in model.named_buffers()}
        state = model.state_dict()
        for name, tensor in _diffusers(state) if part.name == "ControlNetFlux" else state.items():
            key = prefix + name.removeprefix(file.stripped)
            yield key, tensor.contiguous() if name in kept else _random(key, tensor.shape)


def _made(part: Part, comfyui: Path) -> Any:
    """The part of ComfyUI, without values in its weights."""
    torch: Any = import_module("torch")
    operations = import_module("comfy.ops").disable_weight_init
    if part.module.endswith(".json"):
        config = json.loads((comfyui / "comfy" / part.module).read_text())
        place = "comfy.background_removal.birefnet" if part.name == "BiRefNet" else "comfy.clip_model"
        return getattr(import_module(place), part.name)(config, torch.float32, "cpu", operations)
    module = part.module if part.module.startswith("spandrel") else f"comfy.{part.module}"
    kind = getattr(import_module(module), part.name)
    more = {"operations": operations} if module.startswith(("comfy.ldm", "comfy.cldm")) else {}
    try:
        return kind(**part.made, **more)
    except TypeError as error:
        if "operations" not in str(error):
            raise
        return kind(**part.made)


def _diffusers(state: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """A ControlNet of Flux under the names of diffusers, where queries, keys and values are tensors of their own."""
    torch: Any = import_module("torch")
    blocks = {name.split(".")[1] for name in state if name.startswith("double_blocks.")}
    config = {"depth": len(blocks), "depth_single_blocks": 0, "hidden_size": state["img_in.weight"].shape[0]}
    mapped: set[str] = set()
    for name, place in import_module("comfy.utils").flux_to_diffusers(config).items():
        target, cut = (place, None) if isinstance(place, str) else place[:2]
        if target in state:
            mapped.add(target)
            shape = list(state[target].shape)
            if cut is not None:
                shape[cut[0]] = cut[2]
            yield name, torch.empty(shape)
    yield from ((name, tensor) for name, tensor in state.items() if name not in mapped)


def _tokenizer() -> Any:
    """A sentencepiece model that knows single bytes and hardly more."""
    model = io.BytesIO()
    import_module("sentencepiece").SentencePieceTrainer.train(
        sentence_iterator=iter(["a red bicycle", "rain on the roof"]),
        model_writer=model,
        vocab_size=320,
        hard_vocab_limit=False,
        byte_fallback=True,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return import_module("torch").frombuffer(bytearray(model.getvalue()), dtype=import_module("torch").uint8)


def _lora(file: File, comfyui: Path) -> Iterator[tuple[str, Any]]:
    """A LoRA on what the first part of a file, its diffusion model, attends with."""
    part = next(iter(file.parts.values()))
    for name, tensor in _tensors(File({"": part}), comfyui):
        if tensor.ndim == 2 and name.endswith("attn.qkv.weight") | name.endswith("to_q.weight"):
            key = f"diffusion_model.{name.removesuffix('.weight')}"
            yield f"{key}.lora_down.weight", _random(f"{key}.down", (4, tensor.shape[1]))
            yield f"{key}.lora_up.weight", _random(f"{key}.up", (tensor.shape[0], 4))


def _random(name: str, shape: Iterable[int]) -> Any:
    """The same numbers each time: 1 in norms, 0 in biases, elsewhere what keeps signals about as large as they are."""
    torch: Any = import_module("torch")
    size = tuple(shape)
    if len(size) < 2:
        fill = 0.0 if name.endswith("bias") else 1.0
        return torch.full(size, fill, dtype=torch.bfloat16)
    inputs = 1
    for each in size[1:]:
        inputs *= each
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.empty(size, dtype=torch.bfloat16).normal_(0.0, inputs**-0.5, generator=generator)


if __name__ == "__main__":
    main()
