"""The source of `ryla_graphs.nodes.packs`: a package for each node pack, with a few classes in each module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.codegen.annotations import Vocabulary, find_aliases
from ryla_graphs.codegen.package import (
    HEADER,
    choices_source,
    exports,
    joined,
    module_source,
    names_of,
    socket_classes,
)

PACKAGE = "ryla_graphs.nodes.packs"
EACH = 30
"""The most classes in a module: importing one class loads its whole module, at 2 ms for each class."""


def render_packs(
    packs: Mapping[str, Catalog], known: Mapping[str, str], elsewhere: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """File name to source.

    `known` are the phantom classes of `ryla_graphs.nodes._sockets` by type string; `elsewhere` holds the module and
    name of classes that `ryla_graphs.nodes` already has, since a class type has only one Python class.
    """
    every = [schema for catalog in packs.values() for schema in catalog.values() if schema.class_type not in elsewhere]
    taken = set(known.values())
    extra = {t: f"{name}Socket" if name in taken else name for t, name in socket_classes(every, known).items()}
    aliases = find_aliases(every)
    words = Vocabulary(socket_name=lambda t: f"s.{extra.get(t) or known[t]}", aliases=aliases, alias_prefix="c.")
    files = {"_sockets.py": _sockets(extra), "_choices.py": choices_source(aliases)}
    index: dict[str, tuple[str, str]] = {}
    for pack, catalog in packs.items():
        there = {class_type: place for class_type, place in elsewhere.items() if class_type in catalog}
        schemas = sorted(
            (s for s in catalog.values() if s.class_type not in there), key=lambda s: s.class_type.casefold()
        )
        classes = names_of(schemas, taken=[name for _, name in there.values()])
        named: dict[str, list[str]] = {}
        for _, (place, name) in sorted(there.items()):
            named.setdefault(f"ryla_graphs.nodes.{place}", []).append(name)
        for start in range(0, len(schemas), EACH):
            group, module = schemas[start : start + EACH], f"_{start // EACH + 1}"
            files[f"{pack}/{module}.py"] = module_source(group, classes, words, title=catalog.name, package=PACKAGE)
            index.update((s.class_type, (f"packs.{pack}.{module}", classes[s.class_type])) for s in group)
            named[f"{PACKAGE}.{pack}.{module}"] = [classes[s.class_type] for s in group]
        files[f"{pack}/__init__.py"] = _init(catalog.name, named)
    files["_index.py"] = _index(index)
    files["__init__.py"] = _front({pack: catalog.name for pack, catalog in packs.items()})
    return files


def _sockets(extra: Mapping[str, str]) -> str:
    lines = [
        HEADER.format(summary="The phantom classes of the socket types of packs, in addition to those of ComfyUI.")
    ]
    lines += ["from ryla_graphs.nodes._sockets import *", "from ryla_graphs.sockets import Socket", ""]
    for wire_type, name in extra.items():
        lines += ["", f"class {name}(Socket, wire_type={wire_type!r}): ...", ""]
    return joined(lines)


def _index(index: Mapping[str, tuple[str, str]]) -> str:
    lines = [HEADER.format(summary="Where the class of each class type of a pack is."), "PACK_CLASS_OF = {"]
    lines += [f"    {class_type!r}: {place!r}," for class_type, place in sorted(index.items())]
    return joined([*lines, "}"])


def _front(packs: Mapping[str, str]) -> str:
    lines = [
        HEADER.format(summary="Typed classes of the node packs that people use most, a package each."),
        "PACKS = {",
    ]
    lines += [f"    {module!r}: {repository!r}," for module, repository in sorted(packs.items())]
    return joined([*lines, "}", '"""Package to repository."""'])


INIT = '''
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

MODULE_OF = {{
{modules}
}}
"""Class name to module: none is loaded before it is used."""

if not TYPE_CHECKING:  # a checker that saw it would take every name for a class

    def __getattr__(name: str) -> Any:
        module = MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return __all__

'''


def _init(repository: str, named: Mapping[str, Sequence[str]]) -> str:
    every = sorted((name, module) for module, names in named.items() for name in names)
    header = HEADER.format(summary=f"{len(every)} typed node classes of {repository}.")
    modules = "\n".join(f"    {name!r}: {module!r}," for name, module in every)
    body = INIT.format(imports="\n".join(_imports(named)), modules=modules)
    return joined([header + body, *exports(name for name, _ in every)])


def _imports(named: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for module, names in named.items():
        yield f"    from {module} import ("
        yield from (f"        {name} as {name}," for name in sorted(names))
        yield "    )"
