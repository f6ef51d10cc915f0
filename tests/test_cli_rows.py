"""`run --rows`: a run for each row, nothing lost and nothing run twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ryla_graphs import connect, run
from ryla_graphs.problems import InvalidDocument
from ryla_graphs.sweeps.tables import read_rows
from tests.graphs import text_to_image
from tests.test_cli import good, ryla

SMALL = ("-p", "width=64", "-p", "height=64", "-p", "steps=1")


def cells(content: bytes, source: str = "rows.csv", encoding: str | None = None) -> list[dict[str, object]]:
    return [dict(row.cells) for row in read_rows(content, source, encoding=encoding)]


TEXT = 'prompt,seed\n"ein Käse, gelb",7\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), 'prompt;seed\n"ein Käse, gelb";7\n\n;\n'])
def test_how_spreadsheets_write(text: str, encoding: str) -> None:
    assert cells(text.encode(encoding)) == [{"prompt": "ein Käse, gelb", "seed": "7"}]


def test_other_shapes() -> None:
    wanted = [{"prompt": "a\nb", "seed": 7}]
    assert cells(b'{"prompt": "a\\nb", "seed": 7}\n\n', "rows.jsonl") == wanted
    assert cells(b'[{"prompt": "a\\nb",\n "seed": 7}]', "rows.json") == wanted
    assert cells(b'\n{"prompt": "a\\nb", "seed": 7}', "-") == wanted
    assert cells(b'sep=;\nprompt;seed;\n"a\nb";7;\n') == [{"prompt": "a\nb", "seed": "7"}]
    assert cells(b"prompt\tseed\na\t\n", "rows.tsv") == [{"prompt": "a"}]
    assert cells(TEXT.encode("latin-1"), encoding="latin-1")[0]["prompt"] == "ein Käse, gelb"
    assert [row.line for row in read_rows(b'a\n\n"x\ny"\nz\n', "rows.csv")] == [3, 5]


@pytest.mark.parametrize(
    ("content", "source", "expected"),
    [
        (TEXT.encode("latin-1"), "rows.csv", r"line 2, byte 0xe4; save it as UTF-8, or name its encoding"),
        (TEXT.encode("utf-16-le"), "rows.csv", "it has NUL characters, .* --encoding utf-16-le"),
        (TEXT.encode("utf-16")[:-1], "rows.csv", "line 2.*begins as utf-16, so it is damaged"),
        (
            ",".join(f"c{n}" for n in range(1001)).encode() + b"\n1\n",
            "rows.csv",
            "1,001 columns, and a row may have 1,000",
        ),
        (json.dumps({f"c{n}": 1 for n in range(1001)}).encode(), "rows.jsonl", "1,001 columns"),
        (b"prompt\na\0b\n", "rows.csv", "utf-16-le"),
        (b"PK\x03\x04...", "rows.csv", "save the sheet as CSV"),
        (b"", "rows.csv", "has no rows"),
        (b"prompt,seed\n", "rows.csv", "has no rows"),
        (b"prompt,,seed\na,b,c\n", "rows.csv", "line 1: column 2 has no name"),
        (b"prompt,prompt\na,b\n", "rows.csv", "'prompt' is there twice"),
        (b"prompt,seed\na,1\na, b,2\n", "rows.csv", "line 3: 3 cells, and the header has 2"),
        (b'prompt,seed\n"a,1\n', "rows.csv", "line 2: a quote is opened in this row and never closed"),
        (b"a\n" + b"x" * 10_000_001, "rows.csv", "no CSV: field larger"),
        (b'{"prompt": "a"}\n{"prompt": \n', "rows.jsonl", "line 2: no JSON"),
        (b'{"prompt": "a"}\n[1]\n', "rows.jsonl", "line 2: row 2 is list, expected an object"),
    ],
)
def test_tables_that_are_none(content: bytes, source: str, expected: str) -> None:
    with pytest.raises(InvalidDocument, match=expected):
        read_rows(content, source)
    with pytest.raises(InvalidDocument, match="no encoding 'klingon'"):
        read_rows(b"a\nb\n", "rows.csv", encoding="klingon")


def test_a_run_for_each_row_and_only_once(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "out"
    rows.write_text("colour,seed,sampler.steps\nred,1,2\nblue,2,\n", encoding="utf-8-sig")
    asked = ("run", "flux-dev", *SMALL, "-p", "prompt=a {colour} {cat|dog}", "--rows", rows, "-o", out)
    said = good(*asked, "--name", "{colour}/{row}-{seed}")
    assert said.splitlines()[-1] == "2 rows, 2 done, 0 skipped, 0 failed"
    assert (out / "red" / "1-1.png").is_file() and (out / "blue" / "2-2.png").is_file()
    with rows.open("a") as file:
        file.write("green,3,1\n")
    facts = json.loads(good(*asked, "--name", "{colour}/{row}-{seed}", "--json"))
    assert (facts["done"], facts["skipped"], facts["failed"]) == (1, 2, 0)
    assert [row["parameters"]["prompt"] for row in facts["rows"]] == [
        f"a {c} {{cat|dog}}" for c in ("red", "blue", "green")
    ]
    (out / "red" / "1-1.png").unlink()
    assert "1 done, 2 skipped" in good(*asked, "--name", "{colour}/{row}-{seed}")


def test_a_row_that_was_ended_goes_on_under_its_id_with_what_was_drawn(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out"
    rows.write_text('{"prompt": "a"}\n')
    asked = ("run", "flux-dev", *SMALL, "--rows", rows, "-o", out)
    first = json.loads(good(*asked, "--json"))["rows"][0]["parameters"]["seed"]
    planned = (out / "rows.jsonl").read_text().splitlines()[0]
    (out / "rows.jsonl").write_text(planned + '\n{"key": "torn')
    again = json.loads(good(*asked, "--json"))
    assert again["done"] == 1 and again["rows"][0]["parameters"]["seed"] == first
    lines = (out / "rows.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["run"] and json.loads(lines[-1])["state"] == "done"


def test_files_in_cells_and_rows_that_fail(tmp_path: Path) -> None:
    picture = run(connect("simulator"), text_to_image()).outputs[0].read()
    (tmp_path / "good.png").write_bytes(picture)
    graph = tmp_path / "load.json"
    nodes = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    graph.write_text(json.dumps(nodes))
    rows = tmp_path / "rows.csv"
    rows.write_text(f"1.image\n@{tmp_path}/good.png\nmissing.png\n")
    result = ryla("run", graph, "--rows", rows, "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "failed: row 2 (line 3): " in result.stderr and "missing.png" in result.stderr
    assert "2 rows, 1 done, 0 skipped, 1 failed" in result.stdout


def test_what_is_wrong_is_reported_before_anything_runs(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"

    def refused(content: str, *more: str) -> str:
        rows.write_text(content)
        result = ryla("run", "flux-dev", *SMALL, "--rows", rows, "-o", tmp_path / "out", *more)
        assert result.returncode in (1, 2) and not list((tmp_path / "out").glob("*.png"))
        return result.stderr

    assert "in row 1, row 2" in refused("prompt,cfg\na,-1\nb,-1\nc,3\n")
    assert "promt" in refused("promt\na\n")
    assert "is set twice: by a column of" in refused("prompt,width\na,64\n")
    assert "row 1 and row 2 would both be 'A'" in refused("prompt\na\nA\n", "--name", "{prompt}")
    assert "--name has no effect without --rows" in ryla("run", "flux-dev", "--name", "x").stderr
    assert "--watch" in ryla("run", "flux-dev", "--rows", rows, "--watch").stderr


def test_a_python_function_of_rows(tmp_path: Path) -> None:
    python = tmp_path / "mine.py"
    python.write_text(
        "from ryla_graphs import Workflow\nfrom ryla_graphs.nodes import EmptyImage, SaveImage\n"
        "def square(size: int):\n    return Workflow(SaveImage(images=EmptyImage(width=size, height=size)))\n"
    )
    (tmp_path / "rows.csv").write_text("label,size\nsmall,16\nlarge,32\n")
    asked = (
        "run",
        f"{python}:square",
        "--rows",
        tmp_path / "rows.csv",
        "-o",
        tmp_path / "o",
        "--name",
        "{label}-{size}",
    )
    good(*asked)
    assert sorted(path.name for path in (tmp_path / "o").glob("*.png")) == ["large-32.png", "small-16.png"]
