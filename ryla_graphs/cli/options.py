"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def preset_names(incomplete: str) -> list[str]:
    """Presets whose names begin with this text, for shell completion."""
    from ryla_graphs.presets import NAMES  # noqa: PLC0415

    return [name for name in NAMES if name.startswith(incomplete)]


Target = Annotated[
    str,
    typer.Argument(
        metavar="PRESET|PIPELINE|FILE|FILE.py:NAME",
        help="A preset, your own pipeline (RYLA_PIPELINES), a file with a graph (JSON, a picture, a video, a request; "
        "- for standard input), template:NAME, or FILE.py:NAME for a workflow in a Python file.",
        autocompletion=preset_names,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--param", "-p", metavar="KEY=VALUE", help="Set a parameter; KEY=@FILE reads text or a picture from a file."
    ),
]
ParamsFile = Annotated[str | None, typer.Option("--params", metavar="FILE", help="Read parameters from a JSON file.")]
CatalogSource = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        "--comfyui",
        envvar="RYLA_CATALOG",
        metavar="FILE|URL|NAME|VERSION",
        help="The node classes to check with: object_info.json[.gz], a server, a name of `nodes adopt`, or an older "
        "ComfyUI such as 0.28; by default the bundled catalog.",
    ),
]
Prefer = Annotated[
    Literal["prompt", "workflow"] | None,
    typer.Option(
        "--from", help="Which to read from a file that has both: the prompt that ran, or the editor's workflow."
    ),
]
ModelsFolders = Annotated[
    list[str] | None,
    typer.Option(
        "--models", metavar="DIR", help="ComfyUI's models folder, to detect the kind of its files from their headers."
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder for the files.")]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        envvar="RYLA_ENGINE",
        metavar="simulator|URL|remote:URL|runpod:ID|routes|FILE.toml",
        help="The simulator, a ComfyUI server's http://host:port (several with commas), a server with Comfy API v2, a "
        "RunPod endpoint, or a file of routes; by default the routes in the environment, or the simulator.",
    ),
]
JudgingServer = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="A ComfyUI server; graphs are checked against its own classes and weight files, as `run` does.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Fail if the simulator would have to guess a node's outputs, and list those nodes."),
]
Limits = Annotated[
    bool,
    typer.Option("--limits/--no-limits", help="Refuse graphs with far too many pixels, pictures or steps."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Partial = Annotated[
    bool, typer.Option("--partial", help="If some outputs are invalid, run the others, as ComfyUI does.")
]
ListInputs = Annotated[
    bool, typer.Option("--list-inputs", help="List what -p NODE.INPUT=VALUE can set in a graph, and run nothing.")
]
Rows = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="FILE.csv|FILE.jsonl",
        help="Run once for each row of a table. Columns are parameters or NODE.INPUT; {column} in -p and --name is "
        "replaced by the row's value. Finished rows are skipped.",
    ),
]
RowName = Annotated[
    str | None, typer.Option("--name", metavar="TEMPLATE", help="The file names of a row: {style}/{row}.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="The encoding of --rows, if not UTF-8: cp1252, utf-16.")
]
AtOnce = Annotated[
    int | None,
    typer.Option("--at-once", min=1, help="How many rows run at a time; by default as many as the engine accepts."),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Run again whenever the file, or a Python file beside it, is saved.")
]
