"""`ryla-graphs nodes`: searches catalogs, and generates typed classes from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.catalogs import COMMANDS
from ryla_graphs.cli.options import CatalogSource, Json
from ryla_graphs.cli.output import console, print_json, say

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.catalog.schema import InputSpec, NodeSchema

nodes_app = typer.Typer(help="Search catalogs, and generate typed classes from them.", no_args_is_help=True)


@nodes_app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A node class, such as KSampler.")],
    catalog: CatalogSource = None,
    json: Json = False,
) -> None:
    """Show the inputs and outputs of a node class."""
    from ryla_graphs.catalogs import repositories_of  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    schema = open_catalog(catalog).find(name)
    if json:
        print_json(_facts(schema))
        return
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    terminal = console()
    facts = ", ".join(fact for fact in (schema.display_name, schema.category, schema.module) if fact)
    terminal.print(Text.assemble((schema.class_type, "bold"), f"  {facts}"))
    others = [each for each in repositories_of(name) if each != "Comfy-Org/ComfyUI"]
    if others:
        terminal.print(f"packs with a class of this name: {', '.join(others)}")
    for text in _beside(schema):
        terminal.print(text)
    inputs = Table("input", "takes", "default", box=None, title="inputs", title_justify="left")
    for row in _rows(schema.inputs):
        inputs.add_row(*row)
    terminal.print(inputs)
    outputs = Table("slot", "output", "carries", box=None, title="outputs", title_justify="left")
    for slot, output in enumerate(schema.outputs):
        outputs.add_row(str(slot), output.name, str(output.type))
    terminal.print(outputs if schema.outputs else "no outputs")


def _beside(schema: NodeSchema) -> Iterator[str]:
    """What the class accepts besides its declared inputs."""
    if schema.any_input_names:
        yield "accepts values under any name"
    for dynamic in schema.dynamic_inputs:
        what = "links or values" if dynamic.values else "links"
        count = f", as many as `{dynamic.count}` says" if dynamic.count else ""
        yield f"accepts {what} of {dynamic.type} under names like {dynamic.pattern}{count}"


def _rows(specs: Iterable[InputSpec], indent: str = "") -> Iterator[tuple[str, str, str]]:
    """One row per input; inputs that a choice adds are below the choice."""
    for spec in specs:
        default = repr(spec.default) if spec.has_default else "" if spec.required else "optional"
        yield f"{indent}{spec.name}{'' if spec.required else '?'}", _takes(spec), default
        for option in spec.options:
            if option.inputs:
                yield f"{indent}  when {option.key!r}", "", ""
                yield from _rows(option.inputs, f"{indent}    ")


def _takes(spec: InputSpec) -> str:
    from ryla_graphs.problems.wording import expected  # noqa: PLC0415

    return expected(spec)


def _facts(schema: NodeSchema) -> dict[str, Any]:
    return {
        "class_type": schema.class_type,
        "display_name": schema.display_name,
        "category": schema.category,
        "module": schema.module,
        "output_node": schema.output_node,
        "inputs": [
            {
                "name": spec.name,
                "type": spec.type,
                "required": spec.required,
                **{key: value for key in ("min", "max", "step") if (value := getattr(spec, key)) is not None},
                **({"default": spec.default} if spec.has_default else {}),
                **({"choices": list(spec.choices), "open": spec.open} if spec.choices or spec.open else {}),
            }
            for spec in schema.every_input()
        ],
        "outputs": [{"slot": i, "name": o.name, "type": o.type} for i, o in enumerate(schema.outputs)],
    }


@nodes_app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help="Words to look for.")],
    catalog: CatalogSource = None,
    json: Json = False,
) -> None:
    """Find node classes by name, title, category or socket type."""
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    known = open_catalog(catalog)
    found = [schema for schema in known.values() if all(word.casefold() in _haystack(schema) for word in words)]
    found.sort(key=lambda schema: _distance(schema, words))
    if json:
        print_json(
            [{"class_type": s.class_type, "display_name": s.display_name, "category": s.category} for s in found]
        )
        return
    for schema in found:
        category = f"  ({schema.category})" if schema.category else ""
        say(f"{schema.class_type:<40} {schema.display_name}{category}")
    if not found:
        typer.echo("nothing found")


def _distance(schema: NodeSchema, words: Iterable[str]) -> tuple[bool, bool, str]:
    """The sort key of a search result: first classes with a word in their name, core before packs, then by name."""
    own_name = schema.class_type.casefold()
    in_name = any(word.casefold() in own_name for word in words)
    return not in_name, (schema.module or "").startswith("custom_nodes"), schema.class_type


def _haystack(schema: NodeSchema) -> str:
    types = " ".join([*(spec.type for spec in schema.inputs), *(str(output.type) for output in schema.outputs)])
    return f"{schema.class_type} {schema.display_name} {schema.category} {types}".casefold()


@nodes_app.command("where")
def where(
    names: Annotated[list[str], typer.Argument(metavar="CLASS...", help="Names of node classes, bundled or not.")],
    json: Json = False,
) -> None:
    """Show which of the known node packs (40,000 classes) have a class. Exits 1 if none has it."""
    from ryla_graphs.catalogs import bundled, hidden_in, repositories_of  # noqa: PLC0415

    found = {name: repositories_of(name) for name in names}
    if json:
        print_json({name: {"repositories": of, "bundled": name in bundled()} for name, of in found.items()})
    else:
        for name, repositories in found.items():
            known = " (bundled)" if name in bundled() else ""
            say(f"{name}{known}: {', '.join(repositories) or 'no known pack has it'}")
            for pack in hidden_in(name):
                typer.echo(f"  ComfyUI's own class hides that of {pack}, also on a server with the pack")
    raise typer.Exit(0 if all(found.values()) else 1)


@nodes_app.command("generate")
def generate(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.py", help="The module to write.")],
    object_info: Annotated[
        str | None,
        typer.Option(
            metavar="URL|FILE", help="A server, or its /object_info in a file; by default the bundled catalog."
        ),
    ] = None,
    pack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OWNER/REPO|NAME", help="Only classes of this pack: a bundled one, or part of its folder's name."
        ),
    ] = None,
    node: Annotated[list[str] | None, typer.Option("--class", help="This class, whatever pack it is from.")] = None,
    loaders: Annotated[bool, typer.Option(help="Also core classes that list the server's own files.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every class of the server.")] = False,
    json: Json = False,
) -> None:
    """Generate typed classes for node packs: for bundled packs, or for your server's, with its files as choices.

    ryla-graphs nodes generate --pack kijai/ComfyUI-KJNodes --out kjnodes.py

    ryla-graphs nodes generate --object-info http://127.0.0.1:8188 --out my_nodes.py
    """
    from ryla_graphs.codegen import render_module  # noqa: PLC0415

    known, origin = _to_generate(object_info, pack or [])
    wanted = [*known] if everything else _wanted(known, pack or [], node or [], loaders=loaders)
    if not wanted:
        raise typer.BadParameter("no class matches; see --all, --pack and --class")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render_module(known.subset(wanted), origin=origin), encoding="utf-8")
    if json:
        print_json({"file": str(out), "classes": wanted})
    else:
        number = f"{len(wanted)} class{'es' if len(wanted) > 1 else ''}"
        others = len(known) - len(wanted)
        typer.echo(f"{out}: {number}" + (f"; {others} others with --all" if others else ""))


def _to_generate(object_info: str | None, packs: list[str]) -> tuple[Catalog, str]:
    """The classes to choose from, and where they come from."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    if object_info is not None:
        return open_catalog(object_info), object_info
    return bundled(), f"the bundled {', '.join(packs)}" if packs else "the bundled packs"


def _wanted(known: Catalog, packs: list[str], names: list[str], *, loaders: bool) -> list[str]:
    """The classes to write: the named ones, those of named packs, else all that have no typed class yet."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.nodes import is_typed  # noqa: PLC0415

    chosen = {known.find(name).class_type for name in names}
    chosen |= {name for pack in packs if "/" in pack for name in bundled(pack) if name in known}
    parts = [pack.casefold() for pack in packs if "/" not in pack]
    for class_type, schema in known.items():
        if (
            any(part in schema.module.casefold() for part in parts)
            or (not packs and not names and not is_typed(class_type))
            or (loaders and is_typed(class_type) and any(spec.open for spec in bundled()[class_type].inputs))
        ):
            chosen.add(class_type)
    return [class_type for class_type in known if class_type in chosen]


for _name, _command in COMMANDS.items():
    nodes_app.command(_name)(_command)
