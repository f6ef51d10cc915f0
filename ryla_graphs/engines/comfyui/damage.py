"""Finds the weight file that a loader could not read: the server reports only the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ryla_graphs.prompt import Prompt
from ryla_graphs.weights import needed

_UNREADABLE = re.compile(
    r"deserializing header|safetensors file is corrupt|MetadataIncompleteBuffer|HeaderToo(Large|Small)"  # safetensors
    r"|PytorchStreamReader|invalid load key|UnpicklingError|EOFError|unexpected EOF|BadZipFile"  # torch
    r"|GGUF magic invalid|InvalidProtobuf|INVALID_PROTOBUF",  # gguf, onnxruntime
)
_WHOLE = re.compile(r"Unsupported global|Unsupported class")
"""torch's message for an intact file that holds more than tensors."""
_SUFFIXES = frozenset((".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"))


def unreadable_files(prompt: Prompt, node: str, exception_type: str, message: str) -> str:
    """The file that a node could not read, or the few candidates; empty for other errors."""
    if not _UNREADABLE.search(f"{exception_type}: {message}") or _WHOLE.search(message):
        return ""
    files = sorted(set(_files(prompt, node)))
    # Some errors name the file themselves, by its path on the server.
    named = [file for file in files if PurePosixPath(file).name in message]
    return " or ".join(named or files)


def reason_of_reading(message: str) -> str:
    """A library's message about a file, without its advice and without the file's path."""
    _, _, reported = message.partition("WeightsUnpickler error:")
    reason = next((line.strip() for line in (reported or message).splitlines() if line.strip()), "")
    return reason.removeprefix("Error while deserializing header: ").partition(". ")[0]


def _files(prompt: Prompt, node: str) -> Iterator[str]:
    known = [need for need in needed(prompt) if need.node == node]
    yield from (f"models/{need.folder}/{need.name}" for need in known)
    if not known and (found := prompt.nodes.get(node)) is not None:
        for name in found.inputs:
            value = prompt.literal(found, name)
            if isinstance(value, str) and PurePosixPath(value).suffix.lower() in _SUFFIXES:
                yield value
