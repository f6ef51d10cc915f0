"""Starts ComfyUI's ``main.py`` on a machine that gets its GPU later, as before a CPU memory snapshot on Modal.

Run it as a script in the checkout, with ComfyUI's own Python: ``python before_gpu.py <arguments of main.py>``. ComfyUI
asks torch for the GPU while it is imported. Until `SIGUSR1` arrives, stand-ins answer for torch: they report a card of
22.5 GiB named `STAND_IN`, on which nothing may compute. The signal restores torch's own functions, and ComfyUI measures
the memory again. Its dynamic VRAM stays off in such a process, because it must see the card at the start.
"""

from __future__ import annotations

import runpy
import signal
import sys
from types import SimpleNamespace
from typing import Any

STAND_IN = "no GPU yet"
"""The name of the card in ``/system_stats`` until there is a GPU."""
_MEMORY = 45 * 2**29
_CARD = SimpleNamespace(
    name=STAND_IN, major=8, minor=0, total_memory=_MEMORY, multi_processor_count=80, gcnArchName="", warp_size=32
)
_ANSWERS: dict[str, Any] = {
    "is_available": lambda: True,
    "is_bf16_supported": lambda *_, **__: True,
    "device_count": lambda: 1,
    "current_device": lambda: 0,
    "set_device": lambda *_: None,
    "get_device_properties": lambda *_: _CARD,
    "get_device_name": lambda *_: STAND_IN,
    "get_device_capability": lambda *_: (_CARD.major, _CARD.minor),
    "mem_get_info": lambda *_: (_MEMORY, _MEMORY),
    "memory_stats": lambda *_: {"active_bytes.all.current": 0, "reserved_bytes.all.current": 0},
    "synchronize": lambda *_: None,
    "empty_cache": lambda: None,
    "ipc_collect": lambda: None,
}


def stand_in(cuda: Any) -> dict[str, Any]:
    """Replace functions of `torch.cuda` by stand-ins; returns the originals."""
    before = {name: getattr(cuda, name) for name in _ANSWERS if hasattr(cuda, name)}
    for name in before:
        setattr(cuda, name, _ANSWERS[name])
    return before


def give_back(cuda: Any, before: dict[str, Any]) -> None:
    """Restore torch's own functions, and make ComfyUI measure the real card."""
    for name, answer in before.items():
        setattr(cuda, name, answer)
    management: Any = sys.modules.get("comfy.model_management")
    if management is not None:
        device = management.get_torch_device()
        management.total_vram = management.get_total_memory(device) / (1024 * 1024)


def main() -> None:
    """Start ComfyUI."""
    sys.path[0] = "."  # as if `main.py` had been started directly
    import torch  # type: ignore[import-not-found] # noqa: PLC0415 - ComfyUI's

    before = stand_in(torch.cuda)
    signal.signal(signal.SIGUSR1, lambda *_: give_back(torch.cuda, before))
    sys.argv = ["main.py", *sys.argv[1:]]
    runpy.run_path("main.py", run_name="__main__")


if __name__ == "__main__":
    main()
