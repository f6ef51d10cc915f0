"""The arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def preset_names(incomplete: str) -> list[str]:
    """Presets whose names begin like this, for the shell's completion."""
    from ryla_graphs.presets import NAMES  # noqa: PLC0415

    return [name for name in NAMES if name.startswith(incomplete)]


Target = Annotated[
    str,
    typer.Argument(
        metavar="PRESET|PIPELINE|FILE|FILE.py:NAME",
        help="A preset, a pipeline of your own (RYLA_PIPELINES), a file with a graph (JSON, a picture, a film, a "
        "request; - for standard input), template:NAME, or a workflow in a Python file.",
        autocompletion=preset_names,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--param", "-p", metavar="KEY=VALUE", help="A parameter; KEY=@FILE for a text or picture from a file."
    ),
]
ParamsFile = Annotated[str | None, typer.Option("--params", metavar="FILE", help="Parameters from a JSON file.")]
CatalogSource = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        "--comfyui",
        envvar="RYLA_CATALOG",
        metavar="FILE|URL|NAME|VERSION",
        help="object_info.json[.gz], a server, a name of `nodes adopt`, or an older ComfyUI such as 0.28; by default "
        "the bundled catalog.",
    ),
]
Prefer = Annotated[
    Literal["prompt", "workflow"] | None,
    typer.Option(
        "--from", help="Which to read from a file that has both: the prompt as it ran, or the workflow of the editor."
    ),
]
ModelsFolders = Annotated[
    list[str] | None,
    typer.Option(
        "--models", metavar="DIR", help="ComfyUI's models folder, to read from the headers what its files are."
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the files go.")]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        envvar="RYLA_ENGINE",
        metavar="simulator|URL|remote:URL|runpod:ID|routes|FILE.toml",
        help="The simulator, a ComfyUI server's http://host:port (several with commas), a server of Comfy API v2, a "
        "RunPod endpoint, or routes over several; by default the routes that the environment names, or the simulator.",
    ),
]
JudgingServer = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="A ComfyUI server, whose own classes and weight files judge, as they do for `run`.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Fail, with the list, where the simulator would have to guess what a node gives."),
]
Limits = Annotated[
    bool,
    typer.Option("--limits/--no-limits", help="Refuse graphs that ask for far too many pixels, pictures or steps."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Partial = Annotated[bool, typer.Option("--partial", help="If some outputs are wrong, run the others, as ComfyUI does.")]
ListInputs = Annotated[
    bool, typer.Option("--list-inputs", help="Run nothing; list what -p NODE.INPUT=VALUE can set in a graph.")
]
Rows = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="FILE.csv|FILE.jsonl",
        help="Run once for each row. Columns are parameters or NODE.INPUT; {column} in -p and --name is replaced. Rows "
        "that are done already are not run again.",
    ),
]
RowName = Annotated[
    str | None, typer.Option("--name", metavar="TEMPLATE", help="What the files of a row are called: {style}/{row}.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="The encoding of --rows, if not UTF-8: cp1252, utf-16.")
]
AtOnce = Annotated[
    int | None,
    typer.Option("--at-once", min=1, help="How many rows run at a time; by default as many as the engine takes."),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Run again each time the file, or a Python file beside it, is saved.")
]
