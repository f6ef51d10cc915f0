"""``/loras``: upload, list and delete LoRAs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import JSONResponse

from ryla_graphs.answers.shapes import LoraShape
from ryla_graphs.server.http.access import Here, Owner
from ryla_graphs.server.http.routes.documented import OWNED, errors
from ryla_graphs.server.http.routes.shapes import LorasShape
from ryla_graphs.server.jobs.views import moment
from ryla_graphs.server.submit.loras import Lora
from ryla_graphs.server.threads import in_thread

router = APIRouter(prefix="/loras", tags=["loras"])

_CHUNK = 256 * 1024


@router.post(
    "",
    status_code=201,
    response_model=LoraShape,
    responses={
        200: {"description": "The server has the same file already", "model": LoraShape},
        **errors(
            "unauthorized",
            "invalid_parameters",
            "invalid_inputs",
            "input_too_large",
            "request_too_large",
            "no_lora_folder",
            "store_unreachable",
        ),
    },
)
async def add_lora(
    here: Here,
    owner: Owner,
    file: Annotated[UploadFile, File(description="A safetensors file")],
    name: Annotated[str, Form(max_length=200, description="A name for people; default the file name")] = "",
) -> JSONResponse:
    """Upload a LoRA. Use it in the next job by its `id`: `{"loraId": id}`, or as `lora_name` in a graph."""
    lora = await in_thread(here.loras.add, owner, name or file.filename or "lora", _pieces(file))
    if lora.new:
        await in_thread(here.catalog.refresh)
    return JSONResponse(lora_view(lora), 201 if lora.new else 200)


@router.get("", response_model=LorasShape, responses=errors("unauthorized", "store_unreachable"))
async def list_loras(here: Here, owner: Owner) -> dict[str, list[dict[str, Any]]]:
    """The caller's LoRAs, the newest first."""
    return {"loras": [lora_view(lora) for lora in await in_thread(here.loras.all, owner)]}


@router.get("/{lora_id}", response_model=LoraShape, responses=errors(*OWNED))
async def show_lora(lora_id: str, here: Here, owner: Owner) -> dict[str, Any]:
    """One LoRA of the caller."""
    return lora_view(await in_thread(here.loras.get, owner, lora_id))


@router.delete("/{lora_id}", status_code=204, responses=errors(*OWNED))
async def delete_lora(lora_id: str, here: Here, owner: Owner) -> Response:
    """Delete a LoRA."""
    await in_thread(here.loras.remove, owner, lora_id)
    await in_thread(here.catalog.refresh)
    return Response(status_code=204)


def lora_view(lora: Lora) -> dict[str, Any]:
    """A LoRA as JSON."""
    asset = lora.asset
    return {
        "id": asset.id,
        "name": asset.name,
        "lora_name": lora.engine_name,
        "families": sorted(lora.families),
        "size": asset.size,
        "hash": f"blake3:{asset.hash}",
        "created_at": moment(asset.created_at),
    }


def _pieces(file: UploadFile) -> Iterator[bytes]:
    while piece := file.file.read(_CHUNK):
        yield piece
