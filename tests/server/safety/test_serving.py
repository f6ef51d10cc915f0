"""Browsers run nothing that a graph made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server.safety.serving import content_headers


@pytest.mark.parametrize("media", ["image/png", "image/webp", "video/mp4", "audio/flac", "text/plain"])
def test_plain_media_are_shown(media: str) -> None:
    headers = content_headers(media, "x_00001_.png")
    assert headers["Content-Disposition"] == 'inline; filename="x_00001_.png"'
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "media", ["image/svg+xml", "text/html", "application/xml", "text/xml", "application/json", "model/gltf-binary"]
)
def test_all_else_is_saved(media: str) -> None:
    headers = content_headers(media, "x")
    assert headers["Content-Disposition"].startswith("attachment")
    assert (headers["X-Content-Type-Options"], headers["Content-Security-Policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )


@given(st.text(max_size=20))
def test_no_media_type_breaks_out_of_its_header(rest: str) -> None:
    headers = content_headers(f"audio/{rest}", "x")
    headers["Content-Type"].encode("ascii")
    assert not set(headers["Content-Type"]) & set("\r\n\0 ")


@given(st.text(max_size=50), st.sampled_from(["image/png", "text/html"]))
def test_no_name_breaks_out_of_its_header(name: str, media: str) -> None:
    for value in content_headers(media, name).values():
        value.encode("ascii")
        assert not set(value) & set("\r\n\0") and value.count('"') in (0, 2)
