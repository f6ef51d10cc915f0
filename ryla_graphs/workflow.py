"""`Workflow`: the immutable value that users work with. Its methods call down into everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, overload

from ryla_graphs.graph.construction import bad_name, no_node, not_a_node
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node
from ryla_graphs.graph.origin import caller
from ryla_graphs.origins import WorkflowOrigin
from ryla_graphs.problems import InvalidWorkflow, NotFound, Problem
from ryla_graphs.searching import Searched
from ryla_graphs.showing import Shown

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.families.evidence import Files
    from ryla_graphs.formats.disk import FilePath
    from ryla_graphs.formats.read import Document, Preference
    from ryla_graphs.validation import View

# Methods import what they need, so a program that only writes graphs loads no code that reads, checks or compiles them.


class Workflow(Searched, Shown):
    """A graph: the nodes that save or show something (the sinks), and everything they depend on.

    Workflows never change: methods return new ones, and equal graphs compile to equal bytes. Two workflows are equal if
    their names and the bytes of their JSON are equal; one that cannot be written as JSON is equal only to itself.

    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64).named("grey")))
    >>> workflow.set("grey.width", 128).node("grey").width
    128
    """

    def __init__(self, *sinks: Node, name: str | None = None) -> None:
        for sink in sinks:
            if not isinstance(sink, Node):
                raise InvalidWorkflow([not_a_node(sink, caller().source)])
        self._made: Graph | View = Graph(sinks)
        self.name = name
        self.origin = WorkflowOrigin()
        self._catalog: Catalog | None = None

    @classmethod
    def of(
        cls,
        graph: Graph,
        *,
        name: str | None = None,
        catalog: Catalog | None = None,
        origin: WorkflowOrigin | None = None,
    ) -> Workflow:
        """A workflow from a `Graph`. `catalog` is what `validate` and `compile` use by default."""
        workflow = cls(name=name)
        workflow._made = graph
        workflow._catalog = catalog
        workflow.origin = origin or WorkflowOrigin()
        return workflow

    @classmethod
    def load(cls, document: Any, *, catalog: Catalog | None = None, name: str | None = None) -> Workflow:
        """Read parsed API JSON, as ComfyUI's `POST /prompt` takes it. Nodes keep their ids.

        The graph may have problems: `validate` reports them. Raises `InvalidDocument` if the document is not API JSON,
        and `InvalidWorkflow` if nodes cannot be read.
        """
        from ryla_graphs import catalogs
        from ryla_graphs.compile import view_of

        view = view_of(document, catalogs.bundled() if catalog is None else catalog)
        workflow = cls(name=name)
        workflow._made = view
        workflow._catalog = catalog
        return workflow

    @classmethod
    def open(
        cls,
        source: bytes | str | FilePath | Mapping[str, Any],
        *,
        catalog: Catalog | None = None,
        prefer: Preference | None = None,
        name: str | None = None,
    ) -> Workflow:
        """Open anything that carries a graph: the path of a file, its bytes, a string with JSON, or parsed JSON.

        It may be API JSON, the editor's JSON, the body of a request, or a file that ComfyUI saved; `docs/formats.md`
        lists all formats. `prefer` chooses if a file has both a prompt and an editor's workflow. `validate` also
        reports the problems that were found while reading.

        Raises `InvalidDocument` if the format is none of these, `InvalidWorkflow` if the graph cannot be loaded, and
        `SourceUnreachable` if the file cannot be read.

        >>> Workflow.open({"prompt": {"1": {"class_type": "EmptyImage", "inputs": {"width": 64}}}})
        <Workflow: 1 nodes>
        """
        from ryla_graphs.formats.disk import content_of
        from ryla_graphs.formats.read import read, telling_of_files

        content, stem = content_of(source)
        document = read(content, name=name or stem, catalog=catalog, prefer=prefer)
        return cls.of_document(telling_of_files(document), catalog=catalog)

    @classmethod
    def of_document(cls, document: Document, *, catalog: Catalog | None = None) -> Workflow:
        """The workflow in a document that `formats.read` opened.

        Raises `InvalidWorkflow` if reading found an error.
        """
        if any(problem.level == "error" for problem in document.problems):
            raise InvalidWorkflow(document.problems)
        workflow = cls.load(document.prompt, catalog=catalog, name=document.name)
        workflow.origin = WorkflowOrigin(notices=document.problems, ui=document.ui)
        return workflow

    @property
    def prompt_read(self) -> View | None:
        """The prompt that the workflow was read from; None if it was written in Python."""
        return None if isinstance(self._made, Graph) else self._made

    @property
    def graph(self) -> Graph:
        """The nodes and links."""
        return self._graph

    @cached_property
    def _graph(self) -> Graph:
        if isinstance(self._made, Graph):
            return self._made
        from ryla_graphs.formats import api

        return api.build(self._made)

    def _read(self, catalog: Catalog, files: Files | None) -> View | None:
        """The prompt that was read, ready to be checked; None if the workflow was not read from one."""
        read = self.prompt_read
        if read is None:
            return None
        if catalog is read.catalog:
            return read if files is None else read.with_files(files)
        from ryla_graphs.validation import View

        return View(read.document, catalog, files=files)

    def __repr__(self) -> str:
        return f"<Workflow{f' {self.name!r}' if self.name else ''}: {len(self)} nodes>"

    @cached_property
    def _digest(self) -> str | None:
        """The hash by which workflows are compared; None if the graph cannot be written as JSON."""
        from ryla_graphs.compile import digest_of

        return digest_of(self._made)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Workflow):
            return NotImplemented
        same = self._digest is not None and (self._digest, self.name) == (other._digest, other.name)
        return self is other or same

    def __hash__(self) -> int:
        return id(self) if self._digest is None else hash(self._digest)

    def __copy__(self) -> Workflow:
        return self

    def __deepcopy__(self, _memo: object) -> Workflow:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from ryla_graphs.graph.packing import pack

        read = self._made
        content = pack(read.sinks) if isinstance(read, Graph) else read.document
        return _unpickled, (content, self.name, self._catalog, self.origin.settled())

    def replace(self, old: Node, new: Node) -> Workflow:
        """A workflow in which `new` takes the place of `old`; links from `old` come from the same slots of `new`.

        Raises `NotFound` if `old` is not in the workflow, and `InvalidWorkflow` if `new` does not fit or is not a node.
        """
        if wrong := [no_node(each, caller().source) for each in (old, new) if not isinstance(each, Node)]:
            raise InvalidWorkflow(wrong)
        if old not in self._graph.ids:
            raise NotFound(f"{old.label} is not in this workflow")
        changed = self._graph.rewire({old: new})
        return Workflow.of(changed, name=self.name, catalog=self._catalog, origin=self.origin.edited())

    @overload
    def set(self, changes: Mapping[str, Any], /) -> Workflow: ...
    @overload
    def set(self, path: str, value: Any, /) -> Workflow: ...
    def set(self, path: str | Mapping[str, Any], value: Any = None, /) -> Workflow:
        """A workflow with changed inputs, each named by its path: the id of the node, a dot, and the input.

        `workflow.set("sampler.steps", 30)` changes one input. A mapping changes several, which are checked together:
        `workflow.set({"sampler.steps": 30, "sampler.cfg": 6.5})`. A value may be the output of a node; None removes an
        optional input. A new choice of a dynamic input adds its inputs with their defaults. Raises `InvalidWorkflow`
        with all problems of the paths and values.
        """
        from ryla_graphs.editing import with_inputs

        changes = {path: value} if isinstance(path, str) else path
        changed = with_inputs(self._graph, changes, self._default_catalog, caller())
        return Workflow.of(changed, name=self.name, catalog=self._catalog, origin=self.origin.edited())

    @classmethod
    def join(cls, *workflows: Workflow, name: str | None = None) -> Workflow:
        """One workflow that saves what all of these save. Equal nodes, such as loaders, are merged.

        Raises `InvalidWorkflow` if different nodes have the same name; `prefixed` avoids that.
        """
        from ryla_graphs import catalogs
        from ryla_graphs.graph.passes import merge_twins

        graph = merge_twins(Graph(tuple(sink for workflow in workflows for sink in workflow.graph.sinks)))
        graph.ids  # noqa: B018 - raises
        given = [workflow._default_catalog for workflow in workflows if workflow._catalog is not None]
        notices: list[Problem] = []
        for workflow in workflows:
            notices += (notice for notice in workflow.origin.notices if notice not in notices)
        return cls.of(
            graph,
            name=name,
            catalog=reduce(or_, given, catalogs.bundled()) if given else None,
            origin=WorkflowOrigin(notices=tuple(notices)),
        )

    def prefixed(self, part: str) -> Workflow:
        """The workflow as a part of a larger one: with the part `day`, the id `vae` becomes `day/vae`.

        Nodes that several parts share lose the prefix when the parts are joined. Save nodes always keep it; without a
        name of their own they are named by their class: `day/SaveImage`. Raises `InvalidWorkflow` if `part` is empty.
        """
        from ryla_graphs.graph.passes import prefix

        if not part or not part.isprintable():
            raise InvalidWorkflow([bad_name("a part", part, None)])
        last = set(self._graph.sinks) - {wire.source for wire in self._graph.wires()}
        return Workflow.of(
            prefix(self._graph, dict.fromkeys(self._graph.nodes, part), own=last),
            name=self.name,
            catalog=self._catalog,
            origin=self.origin.prefixed(part),
        )

    def noting(self, notices: Iterable[Problem]) -> Workflow:
        """A workflow with additional problems, which `validate` and `compile` then report too."""
        noted = replace(self.origin, notices=(*self.origin.notices, *notices))
        return Workflow.of(self._graph, name=self.name, catalog=self._catalog, origin=noted)

    @cached_property
    def _default_catalog(self) -> Catalog:
        """The bundled classes, and those of the nodes' own catalogs."""
        if self._catalog is not None:
            return self._catalog
        if not isinstance(self._made, Graph):
            return self._made.catalog
        from ryla_graphs import catalogs
        from ryla_graphs.graph.any_node import catalogs_of

        return reduce(or_, dict.fromkeys([catalogs.bundled(), *catalogs_of(self)]))

    def _classes(self) -> Catalog:
        return self._default_catalog

    def validate(self, catalog: Catalog | None = None, *, files: Files | None = None) -> list[Problem]:
        """All problems, errors first, each with the line that wrote the node.

        `catalog` has the node classes of the target server; by default, the bundled ones and those of the nodes
        themselves. With `files`, such as a `ryla_graphs.models_folder.ModelsFolder`, model families come from the
        headers of weight files; without, from their names.
        """
        from ryla_graphs.compile import check_graph, explained
        from ryla_graphs.validation import problems_of

        known = self._default_catalog if catalog is None else catalog
        if (view := self._read(known, files)) is not None:
            return explained(problems_of(view), {}, self.origin)
        return check_graph(self._graph, catalog=known, origin=self.origin, files=files)

    def compile(
        self, catalog: Catalog | None = None, *, files: Files | None = None, check: bool = True
    ) -> CompiledWorkflow:
        """Check the workflow and turn it into API JSON; `catalog` and `files` are as in `validate`.

        `check=False` skips all checks, for graphs that were validated already. Raises `InvalidWorkflow` with all
        problems if any is an error.
        """
        from ryla_graphs.compile import compile_graph, compile_view

        known = self._default_catalog if catalog is None else catalog
        if (view := self._read(known, files)) is not None:
            return compile_view(view, name=self.name, origin=self.origin, check=check)
        return compile_graph(self._graph, catalog=known, name=self.name, origin=self.origin, files=files, check=check)

    def to_ui(self, *, subgraphs: bool = True) -> dict[str, Any]:
        """The workflow as a file of ComfyUI's editor, with a layout, and a note with a preset's description.

        Parts with the same shape become instances of one subgraph, whose nodes the editor calls `day:vae` instead of
        `day/vae`; with `subgraphs=False` they become groups, and all ids stay. Raises `InvalidWorkflow` if two nodes
        have the same name.
        """
        from ryla_graphs.formats import api
        from ryla_graphs.formats.editor import writing
        from ryla_graphs.formats.editor.notes import about
        from ryla_graphs.graph.passes import merge_twins
        from ryla_graphs.validation import View

        said = about(self.name, self.origin.description, self.origin.parameters, self.origin.notices)
        if not isinstance(self._made, Graph):
            return writing.dump(self._made, notes=said)
        graph = merge_twins(self._graph)
        parts = {name: node.origin_.scope for node, name in graph.ids.items() if node.origin_.code is not None}
        prompt = View(api.dump(graph), self._default_catalog)
        return writing.dump(prompt, parts=parts or None, notes=said, subgraphs=subgraphs)

    def to_python(self, *, function: str = "workflow") -> str:
        """Python source: a typed function that builds the graph.

        Its parameters are the graph's prompts, input files, sizes, seeds and weights, with their values as defaults.
        """
        from ryla_graphs.formats import python

        return python.dump(self._graph, function=function, name=self.name, docstring=self.origin.description)

    def _prompt(self) -> View:
        if not isinstance(self._made, Graph):
            return self._made  # a prompt that was read is sent unchanged
        from ryla_graphs.formats import api
        from ryla_graphs.graph.passes import merge_twins
        from ryla_graphs.validation import View

        return View(api.dump(merge_twins(self._graph)), self._default_catalog)

    def _wrong(self) -> Collection[str]:
        return {problem.node for problem in self.validate() if problem.level == "error" and problem.node is not None}


def _unpickled(content: Any, name: str | None, catalog: Catalog | None, origin: WorkflowOrigin) -> Workflow:
    from ryla_graphs import catalogs
    from ryla_graphs.graph.packing import unpack
    from ryla_graphs.validation import View

    workflow = Workflow(name=name)
    if isinstance(content, tuple):
        workflow._made = Graph(tuple(unpack(*content)))
    else:
        workflow._made = View(content, catalogs.bundled() if catalog is None else catalog)
    workflow._catalog = catalog
    workflow.origin = origin
    return workflow
