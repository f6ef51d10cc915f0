"""Workflows in files: what is found in real ones, and that no broken one does harm."""

from __future__ import annotations

import json
import mmap
import struct
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.formats.embedded import load
from ryla_graphs.formats.embedded.cursor import MOST_STEPS, MOST_TEXT
from tests.conftest import ROOT
from tests.formats.files import MADE, PROMPT, WORKFLOW, P, chunk, glb, id3, made, png_of, saved
from tools.save_samples import HERE, PACK_SAVES, SAVES, prompt_of, workflow_of


@pytest.mark.parametrize("name", [*SAVES, *PACK_SAVES])
def test_what_a_real_comfyui_saved_is_found(name: str) -> None:
    """The files in `tests/data/saved`; `python -m tools.save_samples` makes them."""
    found = load((HERE / name).read_bytes())
    assert found is not None
    assert (found.prompt, found.workflow, found.faults) == (prompt_of(name), workflow_of(name), ())


@pytest.mark.parametrize("name", MADE)
def test_what_packs_save_is_found(name: str) -> None:
    found = load(made(name))
    assert found is not None
    assert (found.prompt, found.workflow, found.faults) == (PROMPT, WORKFLOW, ())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_a_bare_picture_carries_nothing(form: str) -> None:
    found = load(saved(form))
    assert found is not None
    assert (found.prompt, found.workflow, found.faults, found.has_settings) == (None, None, (), False)


def test_settings_of_other_programs_are_no_graph() -> None:
    text = b"parameters\0a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
    found = load(png_of(chunk(b"tEXt", text), chunk(b"IEND", b"")))
    assert found is not None and found.has_settings and found.prompt is None


def test_a_text_that_only_bears_the_name_is_no_fault() -> None:
    found = load(png_of(chunk(b"tEXt", b"prompt\0a red fox"), chunk(b"IEND", b"")))
    assert found is not None and found.prompt is None and not found.faults


@pytest.mark.parametrize("text", ['{"1": {"class_type": ', '{"a": 1}', "[" * 5000, '{"a": ' * 5000, '{"1": 1e'])
def test_a_broken_graph_is_a_fault(text: str) -> None:
    found = load(png_of(chunk(b"tEXt", b"prompt\0" + text.encode()), chunk(b"IEND", b"")))
    assert found is not None and found.prompt is None
    assert found.faults if text.startswith("{") else True


def test_what_is_not_a_number_is_read_as_comfyui_writes_it() -> None:
    text = json.dumps({"1": {"class_type": "A", "inputs": {}, "is_changed": [float("nan")]}})
    found = load(png_of(chunk(b"tEXt", b"prompt\0" + text.encode()), chunk(b"IEND", b"")))
    assert found is not None and found.prompt is not None


def test_a_text_of_a_gigabyte_is_refused_by_its_length(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    head = png_of() + struct.pack(">I", 2**30) + b"tEXt" + b"prompt\0{"
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(len(head) + 2**30)  # of which the disk holds nothing
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = load(content)
    assert found is not None
    assert found.faults == (f"1,073,741,817 bytes of metadata at byte 48; at most {MOST_TEXT:,} are read",)


def test_a_text_that_claims_more_than_there_is_is_refused() -> None:
    found = load(png_of(chunk(b"tEXt", b"prompt\0{}", length=2**31)))
    assert found is not None and "claims 2,147,483,648 bytes" in found.faults[0]


def test_a_packed_text_that_unfolds_to_too_much_is_refused() -> None:
    packed = zlib.compress(b" " * (MOST_TEXT + 1))
    found = load(png_of(chunk(b"zTXt", b"prompt\0\0" + packed), chunk(b"IEND", b"")))
    assert found is not None and "bytes of metadata" in found.faults[0]


def test_many_packed_texts_are_refused_together() -> None:
    packed = chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b" " * (MOST_TEXT // 3)))
    found = load(png_of(packed * 4))
    assert found is not None and "bytes of metadata" in found.faults[0]


def test_a_file_of_countless_parts_is_left_in_the_middle() -> None:
    found = load(png_of(chunk(b"nope", b"") * (MOST_STEPS // 2)))
    assert found is not None and found.faults == (f"more than {MOST_STEPS:,} parts",)


def test_what_comes_before_a_fault_counts() -> None:
    whole = (HERE / "picture.png").read_bytes()
    found = load(whole[:-20])
    assert found is not None and found.prompt == prompt_of("picture.png")


def test_folders_of_exif_that_point_at_each_other_end() -> None:
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    assert load(tiff) is not None


def test_tags_of_exif_that_claim_the_same_bytes_are_read_in_proportion_to_the_file() -> None:
    """A picture of 64 KiB had 64 MiB of texts looked at."""
    claims = struct.pack("<HHII", 0x010E, 2, 30_000, 33_000) * 2_600
    tiff = (b"II*\0" + struct.pack("<IH", 8, 2_600) + claims).ljust(65_000, b"{")
    found = load(tiff)
    assert found is not None and found.faults == ("30,000 bytes of metadata at byte 33,000; at most 325,536 are read",)


@pytest.mark.parametrize("kind", ["MP4", "Matroska"])
def test_parts_within_parts_are_left_at_a_depth(kind: str) -> None:
    if kind == "MP4":
        content = b"\0\0\0\x08ftyp" + b"".join(struct.pack(">I4s", 8 * (5_000 - i), b"moov") for i in range(5_000))
    else:
        tag = b"\x1aE\xdf\xa3\x80\x12\x54\xc3\x67\x01"
        rest = b"".join(b"\x73\x73\x01" + (10 * (5_000 - i - 1)).to_bytes(7) for i in range(5_000))
        content = tag + len(rest).to_bytes(7) + rest
    found = load(content)
    assert found is not None and "parts within each other" in found.faults[0]


def test_a_header_that_lies_about_its_length_is_refused() -> None:
    found = load(struct.pack("<Q", 2**31) + b'{"__metadata__": {}}')
    assert found is not None and "claims 2,147,483,648 bytes" in found.faults[0]


@pytest.mark.parametrize("content", [b"", b"\0", b"hello", b"{}", b"PK\3\4", b"%PDF-1.7", "ünïcode".encode()])
def test_other_files_are_none_of_these(content: bytes) -> None:
    assert load(content) is None


@cache
def real_files() -> list[bytes]:
    """What a real ComfyUI saved, and what only packs save."""
    paths = sorted((ROOT / "tests" / "data" / "saved").iterdir())
    others = [made(name) for name in ("JPEG", "GIF", "TIFF", "MOV", "Ogg", "WAV", "PNG packed", "JPEG user comment")]
    return [*(path.read_bytes() for path in paths), *others, glb({"prompt": P}), id3(4, b"TXXX" + bytes(40))]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A real file that was cut, changed or falsified."""
    content = bytearray(draw(st.sampled_from(real_files())))
    for _ in range(draw(st.integers(1, 4))):
        if not content:
            break
        place = draw(st.integers(0, min(len(content), 600)) | st.integers(0, len(content)))
        match draw(st.sampled_from(["cut", "byte", "length", "drop", "twice"])):
            case "cut":
                del content[place:]
            case "byte":
                content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "length":
                number = draw(st.sampled_from([0, 1, 2, 7, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1]))
                content[place : place + 4] = struct.pack(draw(st.sampled_from("<>")) + "I", number)
            case "drop":
                del content[place : place + draw(st.integers(1, 40))]
            case _:
                content[place:place] = content[max(0, place - draw(st.integers(1, 200))) : place]
    return bytes(content)


@given(broken())
def test_no_broken_file_does_harm(content: bytes) -> None:
    found = load(content)
    if found is not None and found.prompt is not None:
        assert any("class_type" in node for node in found.prompt.values() if isinstance(node, dict))
