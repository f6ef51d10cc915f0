"""Headers are read with distrust: any bytes at all give a header that the file bears out, or one clear problem."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.models_folder import read_header
from ryla_graphs.models_folder.headers import MAX_HEADER, check_other
from ryla_graphs.problems import InvalidWeights
from tests.models_folder.files import encoded, tensors, write

CODES = {"empty_file", "truncated_file", "pickled_file", "not_safetensors", "bad_header"}


def code(path: Path) -> str:
    with pytest.raises(InvalidWeights) as caught:
        read_header(path)
    (problem,) = caught.value.problems
    assert problem.hint and problem.tier == 3
    return problem.code


shapes = st.dictionaries(st.text(min_size=1).filter(lambda n: n != "__metadata__"), st.tuples(*[st.integers(0, 9)] * 3))


@given(shapes, st.sampled_from(["F32", "F16", "BF16", "U8"]), st.dictionaries(st.text(), st.text()))
def test_sound_files_are_read(
    tmp_path_factory: pytest.TempPathFactory, shapes: Any, dtype: str, metadata: dict[str, str]
) -> None:
    header = {"__metadata__": metadata, **tensors(shapes, dtype)}
    path = write(tmp_path_factory.getbasetemp() / "x.safetensors", encoded(header))
    assert read_header(path) == header


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_problem(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp() / "x.safetensors", content)
    assert code(path) in CODES


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "x"]), inner),
)


@given(junk)
def test_any_json_is_a_header_or_a_problem(tmp_path_factory: pytest.TempPathFactory, header: Any) -> None:
    path = write(tmp_path_factory.getbasetemp() / "x.safetensors", encoded(header, b"12"))
    with contextlib.suppress(InvalidWeights):
        assert isinstance(read_header(path), dict)


@given(st.data())
def test_every_cut_and_every_addition_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = encoded(tensors({"a": (3, 4), "b": (5,)}))
    path = tmp_path_factory.getbasetemp() / "x.safetensors"
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert code(write(path, whole[:cut])) in {"empty_file", "truncated_file", "not_safetensors"}
    assert code(write(path, whole + data.draw(st.binary(min_size=1, max_size=9)))) == "bad_header"


def bad(tmp_path: Path, header: Any, data: bytes = b"12345678") -> str:
    return code(write(tmp_path / "x.safetensors", encoded(header, data)))


def tensor(dtype: Any = "F16", shape: Any = (4,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {
        "dtype": dtype,
        "shape": list(shape) if isinstance(shape, tuple) else shape,
        "data_offsets": list(offsets) if isinstance(offsets, tuple) else offsets,
    }


@pytest.mark.parametrize(
    "entry",
    [
        tensor(offsets=(0, 7)),
        tensor(offsets=(8, 0)),
        tensor(offsets=(-8, 0)),
        tensor(offsets=(0,)),
        tensor(offsets=(0.0, 8.0)),
        tensor(offsets=(False, 8)),
        tensor(offsets=None),
        tensor(shape=(-4,)),
        tensor(shape=(2**64,)),
        tensor(shape="4"),
        tensor(shape=(1,) * 1000 + (4,)),
        tensor(dtype=16),
        tensor(dtype=None),
        7,
        None,
    ],
)
def test_impossible_tensors(tmp_path: Path, entry: Any) -> None:
    assert bad(tmp_path, {"a": entry}) == "bad_header"


def test_gaps_and_overlaps(tmp_path: Path) -> None:
    assert bad(tmp_path, {"a": tensor(offsets=(0, 8)), "b": tensor(offsets=(4, 12))}, bytes(12)) == "bad_header"
    assert bad(tmp_path, {"a": tensor(offsets=(0, 8)), "b": tensor(offsets=(9, 17))}, bytes(17)) == "bad_header"
    assert bad(tmp_path, {"a": tensor(offsets=(0, 8))}, bytes(3)) == "truncated_file"


def test_types_of_the_future_are_taken_at_their_word(tmp_path: Path) -> None:
    path = write(tmp_path / "x.safetensors", encoded({"a": tensor("F3", (4,), (0, 2))}, b"12"))
    assert set(read_header(path)) == {"a"}


def test_length_bombs_are_not_followed(tmp_path: Path) -> None:
    for length in (2**63, 2**40, MAX_HEADER + 1):
        assert code(write(tmp_path / "x.safetensors", length.to_bytes(8, "little") + b"{}")) == "bad_header"
    assert code(write(tmp_path / "x.safetensors", (9).to_bytes(8, "little") + b"{}")) == "truncated_file"


def test_nesting_and_doubled_names_are_refused(tmp_path: Path) -> None:
    def raw(text: str) -> str:
        content = text.encode()
        return code(write(tmp_path / "x.safetensors", len(content).to_bytes(8, "little") + content + bytes(8)))

    deep = 200_000
    assert raw('{"a":' * deep + "1" + "}" * deep) == "bad_header"
    entry = json.dumps(tensor())
    assert raw(f'{{"a": {entry}, "a": {entry}}}') == "bad_header"
    assert raw('{"a": NaN}') == "bad_header"
    assert raw('{"a": ' + "9" * 10_000 + "}") == "bad_header"
    assert raw("{" + "\udcff".encode("utf-8", "surrogatepass").decode("latin-1") + "}") == "bad_header"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04 and so on, as torch.save writes", "pickled_file"),
        (b"\x80\x02}q\x00 and so on, as pickle writes", "pickled_file"),
        (b"<!DOCTYPE html><html>Please log in</html>", "not_safetensors"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "not_safetensors"),
        (b'{"error": "Access to model is restricted"}', "not_safetensors"),
        (b"GGUF\x03\x00\x00\x00 and so on", "not_safetensors"),
        (b"", "empty_file"),
    ],
)
def test_other_content_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    assert code(write(tmp_path / "x.safetensors", content)) == expected


def test_only_the_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    header = tensors({"a": (2**20, 2**14)})
    with path.open("wb") as file:  # 32 GB with next to nothing on the disk
        file.write(encoded(header, b""))
        file.truncate(file.tell() + header["a"]["data_offsets"][1])
    assert read_header(path) == header


def test_files_that_are_no_safetensors_are_looked_at_too(tmp_path: Path) -> None:
    def refused(content: bytes) -> str:
        with pytest.raises(InvalidWeights) as caught:
            check_other(write(tmp_path / "x.bin", content))
        return caught.value.problems[0].code

    with zipfile.ZipFile(tmp_path / "good.pt", "w") as archive:
        archive.writestr("archive/data.pkl", "x" * 100)
    check_other(tmp_path / "good.pt")
    check_other(write(tmp_path / "model.onnx", b"\x08\x07\x12\x04"))
    assert refused((tmp_path / "good.pt").read_bytes()[:-30]) == "truncated_file"
    assert refused(b"") == "empty_file"
    assert refused(b"<html>") == "not_weights"
    assert refused(b"version https://git-lfs.github.com/spec/v1") == "not_weights"
