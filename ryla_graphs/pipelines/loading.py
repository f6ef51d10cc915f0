"""Finds the pipelines in files, folders, modules and installed packages; one that does not load is reported."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs.pipelines.functions import RESERVED, gives_workflow, preset_of, preset_of_workflow
from ryla_graphs.pipelines.graph_files import name_of, preset_of_file
from ryla_graphs.pipelines.limited import BUILD_SECONDS, IMPORT_SECONDS, NoWorkflow, TookTooLong, build, served, within
from ryla_graphs.pipelines.python_files import DEFAULT, imported, user_error
from ryla_graphs.pipelines.samples import deep_files, example_of
from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import InvalidDocument, RylaError, SourceUnreachable
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog

log = logging.getLogger("ryla_graphs.pipelines")

GROUP = "ryla_graphs.presets"
"""The entry points of installed packages."""
_BUILT_IN = "ryla_graphs.presets."


class NotServed(NamedTuple):
    """A pipeline, or a whole file of them, that is not served."""

    source: str
    """What the user named: a file, a module, an entry point."""
    reason: str
    """Why, with file and line if known."""

    def __str__(self) -> str:
        return self.reason if self.source in self.reason else f"{self.source}: {self.reason}"


class Loaded(NamedTuple):
    """What was found."""

    presets: tuple[Preset[Any], ...]
    not_served: tuple[NotServed, ...]


Found = Iterator[Preset[Any] | NotServed]


def load(
    sources: Iterable[str],
    *,
    catalog: Callable[[], Catalog] | None = None,
    installed: bool = False,
    import_seconds: float = IMPORT_SECONDS,
    build_seconds: float = BUILD_SECONDS,
) -> Loaded:
    """Everything in files (``my.py``, ``portrait.json``), folders of them, and modules (``package.module``).

    `catalog` gives the classes that saved graphs are read by, the bundled ones by default. With `installed`, it
    includes the entry points `GROUP` of installed packages. A bad pipeline never raises.
    """
    loader = _Loader(catalog, import_seconds, build_seconds)
    found = [row for source in sources for row in loader.of_source(source)]
    if installed:
        found = [row for entry in sorted(entry_points(group=GROUP)) for row in loader.of_entry(entry)] + found
    presets = tuple(row for row in found if isinstance(row, Preset))
    return Loaded(presets, tuple(row for row in found if isinstance(row, NotServed)))


class _Loader:
    def __init__(self, catalog: Callable[[], Catalog] | None, import_seconds: float, build_seconds: float) -> None:
        self._catalog = cache(catalog) if catalog is not None else lambda: None
        """Asked once, and only if there is a graph: a server may have to be asked."""
        self._import_seconds = import_seconds
        self._build_seconds = build_seconds

    def of_source(self, source: str) -> Found:
        path = Path(source)
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".py", ".json") and _is_public(file.name))
            if not files:
                yield NotServed(source, "the folder has no .py and no .json in it")
            for file in files:
                yield from self.of_source(str(file))
        elif path.suffix == ".py":
            yield from self._of_module(source, partial(imported, path), path)
        elif path.is_file() or path.suffix == ".json" or not _names_module(source):
            yield from self._guarded(source, partial(self._of_graph, path), path)
        else:
            if "" not in sys.path and str(Path.cwd()) not in sys.path:
                sys.path.insert(0, str(Path.cwd()))  # `python -m` puts it there, an installed command does not
            yield from self._of_module(source, partial(import_module, source), None)

    def of_entry(self, entry: EntryPoint) -> Found:
        """What an entry point names: a module, a preset, or a function, which takes the name of the entry point."""
        source = f"{GROUP}: {entry.name} = {entry.value}"

        def presets() -> Iterable[Preset[Any] | NotServed]:
            value = within(self._import_seconds, entry.load)
            if isinstance(value, ModuleType):
                return list(self._in_module(source, value, None))
            if isinstance(value, Workflow):
                found = preset_of_workflow(value, name_of(entry.name), import_module(entry.module))
            else:
                found = value if isinstance(value, Preset) else preset_of(value, entry.name.replace("_", "-"))
            return [self._checked(found)]

        return self._guarded(source, presets, None)

    def _of_module(self, source: str, opened: Callable[[], ModuleType], path: Path | None) -> Found:
        def presets() -> Iterable[Preset[Any] | NotServed]:
            # What a file prints during import must not mix with the output of a command that writes JSON.
            with contextlib.redirect_stdout(sys.stderr):
                module = within(self._import_seconds, opened)
            return list(self._in_module(source, module, path))

        return self._guarded(source, presets, path)

    def _in_module(self, source: str, module: ModuleType, path: Path | None) -> Found:
        values = [row for row in list(vars(module).items()) if _is_pipeline(*row, module)]
        for name, value in values:
            yield from self._guarded(source, partial(self._of_value, name, value, module), path)
        if not values:
            reason = "no @preset, no function `-> Workflow`, and no `Workflow`"
            yield NotServed(source, f"there is no pipeline in {source}: {reason}")

    def _of_value(self, name: str, value: Any, module: ModuleType) -> list[Preset[Any]]:
        if isinstance(value, Preset):
            return [self._checked(value)]
        # What `run my.py` runs is named after its file, like a saved graph.
        called = name_of(module.__name__.rpartition(".")[2]) if name == DEFAULT else None
        if isinstance(value, Workflow):
            return [self._checked(preset_of_workflow(value, called or name_of(name), module))]
        return [self._checked(preset_of(value, called))]

    def _of_graph(self, path: Path) -> list[Preset[Any]]:
        if not path.is_file():
            raise SourceUnreachable(f"cannot read '{path}': no such file")
        return [self._checked(preset_of_file(path, self._catalog()), path)]

    def _checked(self, preset: Preset[Any], path: Path | None = None) -> Preset[Any]:
        """The preset with a time limit, after building its example once.

        It may reject values that were made up here, but not the examples of its own author.
        """
        if clash := set(RESERVED) & preset.parameters.model_fields.keys():
            reason = f"has a parameter `{min(clash)}`, which is asked of the server; call it otherwise"
            raise InvalidDocument(f"pipeline `{preset.name}` {reason}")
        if deep := deep_files(preset.parameters):
            reason = f"has pictures inside of `{deep[0]}`; give each a parameter of its own, which may be None"
            raise InvalidDocument(f"pipeline `{preset.name}` {reason}")
        limited = preset.through(lambda graph, parameters: build(graph, parameters, self._build_seconds))
        usual = example_of(preset.parameters)
        try:
            limited.build(preset.example)
        except (TookTooLong, NoWorkflow):
            raise
        except Exception as error:
            if not usual.made_up or preset.example != usual.values:
                raise
            log.info("%s: not built with made-up parameters: %s", preset.name, error)
        where = path or _file_of(preset.module) or Path(preset.module)
        whole = preset.through(lambda graph, given: served(preset.name, where, graph, given, self._build_seconds))
        whole.file = where
        return whole

    def _guarded(
        self, source: str, presets: Callable[[], Iterable[Preset[Any] | NotServed]], path: Path | None
    ) -> Found:
        try:
            yield from presets()
        except (RylaError, TookTooLong, NoWorkflow) as error:
            yield NotServed(source, str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's code may raise anything
            yield NotServed(source, str(user_error(path or _file_of(source) or Path(source), error)))


def _is_pipeline(name: str, value: Any, module: ModuleType) -> bool:
    """Whether a module's value is meant to be served: a preset not from the library, or a function defined there."""
    if isinstance(value, Preset):
        return not value.module.startswith(_BUILT_IN)
    if isinstance(value, Workflow):
        return _is_public(name)
    own = inspect.isfunction(value) and value.__module__ == module.__name__
    return own and _is_public(name) and gives_workflow(value)


def _file_of(module: str) -> Path | None:
    """The file of a module; None if it has none, or a parent package fails to import."""
    with contextlib.suppress(Exception):
        spec = importlib.util.find_spec(module)
        return Path(spec.origin) if spec is not None and spec.origin else None
    return None


def _names_module(source: str) -> bool:
    return all(part.isidentifier() for part in source.split("."))


def _is_public(name: str) -> bool:
    return not name.startswith(("_", "."))
