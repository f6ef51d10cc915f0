"""Converts pictures to another format or a smaller size on request."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import Depends, Query, Response
from PIL import Image

from ryla_graphs.problems import AtField, InvalidParameters, Problem
from ryla_graphs.server.deployment import Deployment
from ryla_graphs.server.http.content import PRIVATE, content_of, is_known, not_changed
from ryla_graphs.server.job_options import PictureOptions
from ryla_graphs.server.records import Asset
from ryla_graphs.server.safety.provenance import delivered
from ryla_graphs.server.safety.serving import content_headers
from ryla_graphs.server.threads import in_thread

FORMATS: Mapping[str, str] = {"image/png": "PNG", "image/webp": "WEBP", "image/jpeg": "JPEG"}
"""Media types that a picture can be converted to, and Pillow's names for them."""
_LONGEST: Mapping[str, int] = {"image/webp": 16_383, "image/jpeg": 65_535}
"""The longest side that each format supports, in pixels."""
_SCALED = ("L", "RGB", "RGBA")
"""Pillow modes that can be scaled without conversion."""

Format = Annotated[
    Literal["png", "webp", "jpeg"] | None,
    Query(alias="format", description="The format of the picture; takes precedence over `Accept`"),
]
Width = Annotated[int | None, Query(ge=16, le=4096, description="The largest width of the picture, in pixels")]
Quality = Annotated[int, Query(ge=1, le=100, description="The quality of JPEG and WebP")]


async def _picture_options(kind: Format = None, w: Width = None, quality: Quality = 90) -> PictureOptions:
    return PictureOptions(media_type=f"image/{kind}" if kind else None, width=w, quality=quality)


PictureQuery = Annotated[PictureOptions, Depends(_picture_options)]
"""The picture format and size that the query asks for."""


def may_become(asset: Asset) -> list[str]:
    """The media types in which an output is available, its own first."""
    known = asset.media_type in FORMATS
    return [asset.media_type, *(kind for kind in FORMATS if known and kind != asset.media_type)]


async def picture(
    asset: Asset,
    here: Deployment,
    options: PictureOptions,
    request_headers: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
) -> Response:
    """The answer with a picture, converted if needed; a picture too large for the format is sent unchanged.

    `said` are further headers of the answer. Raises `InvalidParameters` if the
    asset is not a picture.
    """
    if options.media_type is None and options.width is None:
        return await content_of(asset, here, request_headers, said)
    if asset.media_type not in FORMATS:
        raise InvalidParameters([_no_picture(asset, "format" if options.media_type is not None else "w")])
    wanted = options.media_type or asset.media_type
    if wanted == asset.media_type and options.width is None:
        return await content_of(asset, here, request_headers, said)
    tag = f'"{asset.hash}.{wanted}.{options.width}.{options.quality}"'
    if is_known(tag, request_headers or {}):
        return not_changed(tag)
    content = await in_thread(_made, asset, here, wanted, options)
    if content is None:
        return await content_of(asset, here, request_headers, said)
    name = f"{asset.name.rpartition('.')[0] or asset.name}.{FORMATS[wanted].lower()}"
    return Response(content, headers={**content_headers(wanted, name), "ETag": tag, **PRIVATE, **(said or {})})


def _made(asset: Asset, here: Deployment, wanted: str, options: PictureOptions) -> bytes | None:
    """The converted picture; None if it needs no conversion, or is too large for the format."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(here.blobs.read(asset.hash))) as image:
        narrower = options.width is not None and image.width > options.width
        if not narrower and wanted == asset.media_type:
            return None
        made: Image.Image = image
        if narrower and options.width is not None:
            height = max(1, round(image.height * options.width / image.width))
            image.draft(None, (options.width, height))  # JPEG can be decoded at a reduced size
            whole = image if image.mode in _SCALED else image.convert("RGBA" if image.has_transparency_data else "RGB")
            made = whole.resize((options.width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        if max(made.size) > _LONGEST.get(wanted, max(made.size)):
            return None
        (made.convert("RGB") if wanted == "image/jpeg" else made).save(buffer, FORMATS[wanted], quality=options.quality)
    return delivered(buffer.getvalue(), wanted, mark=here.settings.mark_outputs)


def _no_picture(asset: Asset, field: str) -> Problem:
    kinds = ", ".join(FORMATS)
    return Problem(
        code="bad_parameter",
        message=f"output {asset.number} is {asset.media_type}, which cannot be converted to another format or size",
        subject=AtField("query", field),
        hint=f"leave it out; only {kinds} can be converted",
    )
