"""``/api/v2/assets``: uploads and outputs by id, content by hash."""

from __future__ import annotations

import mimetypes
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Any

from blake3 import blake3
from fastapi import APIRouter, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.access import Here, Owner, owner_of
from ryla_graphs.server.http.content import content_of
from ryla_graphs.server.http.v2.documented import errors
from ryla_graphs.server.http.v2.envelope import PREFIX, V2Error
from ryla_graphs.server.http.v2.models import V2Asset
from ryla_graphs.server.http.v2.shapes import asset_view, is_signed
from ryla_graphs.server.records import Asset
from ryla_graphs.server.threads import in_thread

router = APIRouter(prefix=f"{PREFIX}/assets", tags=["assets"])

_CHUNK = 256 * 1024
_HASH = re.compile(r"(?:blake3:)?([0-9a-f]{64})")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_KEYS = uuid.UUID("5f0c8b1e-6f1d-4f0e-9a53-0f3a3f0d6c11")
"""The namespace of asset ids made from idempotency keys: a key stays used as long as its asset exists."""

ExpiresIn = Annotated[int | None, Field(ge=60, le=604_800)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


class FromHash(BaseModel, extra="forbid"):
    """The body that names content which the server has already."""

    hash: str
    file_path: str | None = None
    tags: list[str] = []
    expires_in: ExpiresIn = None


@router.post(
    "",
    status_code=201,
    response_model=V2Asset,
    responses={200: {"description": "The server had the bytes already", "model": V2Asset}, **errors("upload")},
)
async def post_assets(
    request: Request,
    here: Here,
    owner: Owner,
    file: Annotated[UploadFile, File(description="The raw bytes")],
    content_type: Annotated[str, Form(max_length=200)],
    file_path: Annotated[str, Form(max_length=1000)],
    tags: Annotated[list[str], Form(default_factory=list)],
    expected_hash: Annotated[str | None, Form()] = None,
    expires_in: Annotated[int | None, Form(ge=60, le=604_800)] = None,
    key: Key = None,
) -> JSONResponse:
    """Upload a file. The server computes its hash, and compares it with the expected hash if one is given."""
    asset = _new(owner, file_path, content_type, tags=tags, expires_in=expires_in, key=key)
    kept, new = await in_thread(_keep, here, asset, file, expected_hash)
    return JSONResponse(asset_view(kept, request, created_new=new), 201 if new else 200)


def _new(
    owner: str,
    file_path: str | None,
    content_type: str | None,
    tags: list[str],
    expires_in: int | None,
    key: str | None = None,
) -> Asset:
    """An asset without content."""
    now = time.time()
    name = PurePosixPath((file_path or "").replace("\\", "/")).name or "file"
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        id=str(uuid.uuid4() if key is None else uuid.uuid5(_KEYS, f"{owner}\n{key}")),
        owner=owner,
        hash="",
        size=0,
        media_type=content_type if content_type and _MEDIA_TYPE.fullmatch(content_type) else guessed,
        name=name[:200],
        created_at=now,
        expires_at=None if expires_in is None else now + expires_in,
        tags=tuple(tags),
    )


def _keep(here: Deployment, asset: Asset, file: UploadFile, expected: str | None) -> tuple[Asset, bool]:
    reused = V2Error("idempotency_key_reuse", "this Idempotency-Key was used for an upload already")
    if here.store.asset(asset.id) is not None:
        raise reused
    received = _hash_of(file)
    if expected is not None and _digest(expected) != received:  # before it takes space here
        raise V2Error("hash_mismatch", f"the received bytes have the hash blake3:{received}")
    with here.quotas.room(asset.owner, file.size or 0, digest=received):
        blob = here.store.blobs.put(_pieces(file))
        new = not here.store.assets(asset.owner, blob.hash)  # do not reveal what other owners have
        kept = replace(asset, hash=blob.hash, size=blob.size)
        here.store.add_asset(kept)
        if here.store.asset(asset.id) != kept:  # another upload with this key has ended meanwhile
            raise reused
        return kept, new


def _hash_of(file: UploadFile) -> str:
    hasher = blake3()
    for piece in _pieces(file):
        hasher.update(piece)
    file.file.seek(0)
    return hasher.hexdigest()


def _pieces(file: UploadFile) -> Iterator[bytes]:
    while piece := file.file.read(_CHUNK):
        yield piece


def _digest(text: str) -> str | None:
    found = _HASH.fullmatch(text)
    return found[1] if found else None


@router.post(
    "/from-hash",
    status_code=201,
    response_model=V2Asset,
    responses={200: {"description": "The same reference existed", "model": V2Asset}, **errors("from_hash")},
)
async def asset_from_hash(wanted: FromHash, request: Request, here: Here, owner: Owner) -> JSONResponse:
    """Make another asset from content that the caller has here already, without sending bytes."""
    asset, new = await in_thread(_mint, here, owner, wanted)
    return JSONResponse(asset_view(asset, request, created_new=False), 201 if new else 200)


def _mint(here: Deployment, owner: str, wanted: FromHash) -> tuple[Asset, bool]:
    owned = _owned(here, owner, wanted.hash)
    if not owned:
        raise V2Error("blob_not_found", "you have no content with this hash")
    name = wanted.file_path or owned[0].name
    fresh = _new(owner, name, owned[0].media_type, tags=wanted.tags, expires_in=wanted.expires_in)
    fresh = replace(fresh, hash=owned[0].hash, size=owned[0].size)
    for asset in owned:
        if asset.job_id is None and (asset.name, asset.tags) == (fresh.name, fresh.tags):
            return asset, False
    with here.quotas.room(owner, fresh.size, digest=fresh.hash):  # an output that becomes an upload outlives its job
        here.store.add_asset(fresh)
    return fresh, True


def _owned(here: Deployment, owner: str, text: str) -> list[Asset]:
    digest = _digest(text)
    return [] if digest is None else here.store.assets(owner, digest)


@router.head("/by-hash/{hash}", responses=errors("by_hash"))
async def head_asset_by_hash(hash: str, here: Here, owner: Owner) -> Response:  # noqa: A002 - the contract's word
    """Whether `from-hash` would find this content."""
    return Response(status_code=200 if await in_thread(_owned, here, owner, hash) else 404)


@router.get("/{asset_id}", response_model=V2Asset, responses=errors("asset"))
async def get_asset(asset_id: str, request: Request, here: Here, owner: Owner) -> JSONResponse:
    """An asset, with a fresh URL for its content."""
    return JSONResponse(asset_view(await here.asset_of(owner, asset_id), request))


@router.delete("/{asset_id}", status_code=204, responses=errors("delete"))
async def delete_asset(asset_id: str, here: Here, owner: Owner) -> Response:
    """Delete an upload; content that something else needs stays."""
    asset = await here.asset_of(owner, asset_id)
    if asset.job_id is not None:
        raise V2Error("asset_in_use", "something still needs this asset")
    if not await in_thread(here.store.delete_asset, asset_id):
        raise V2Error("not_found", f"there is no asset '{asset_id[:80]}'")
    return Response(status_code=204)


_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "All of it", "content": {"*/*": {}}},
    206: {"description": "The part asked for", "content": {"*/*": {}}},
}


@router.get("/{asset_id}/content", response_class=Response, responses={**_CONTENT, **errors("content")})
async def get_asset_content(
    asset_id: str,
    request: Request,
    here: Here,
    wanted: Annotated[str | None, Header(alias="Range", description="Such as `bytes=0-1048575`")] = None,  # noqa: ARG001
    expires: Annotated[int, Query(ge=0, le=2**53, description="Part of the `url` of an asset")] = 0,
    signature: Annotated[str | None, Query(description="Part of the `url` of an asset; replaces the token")] = None,
) -> Response:
    """The content of an asset, or a range of it."""
    if signature is None:
        return await content_of(await here.asset_of(await owner_of(request), asset_id), here, request.headers)
    asset = await in_thread(here.store.asset, asset_id)
    if asset is None or not is_signed(asset, expires, signature, request):
        raise V2Error(
            "unauthorized",
            "this URL has expired or was not signed by this server; request the asset again for a new one",
        )
    return await content_of(asset, here, request.headers)
