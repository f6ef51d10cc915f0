"""`View`: a prompt as the rules see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.families.evidence import Files
from ryla_graphs.families.family_rules import rules_of
from ryla_graphs.families.inference import Inference
from ryla_graphs.formats import api
from ryla_graphs.problems import InvalidWorkflow
from ryla_graphs.prompt import Prompt, PromptNode
from ryla_graphs.prompt.prompt import Glance
from ryla_graphs.validation.mismatches import Mismatch, mismatches
from ryla_graphs.validation.server import Verdict, verdict_of

_OWN_KEYS = 2
"""A node's class and its inputs."""


class View(Prompt):
    """A prompt with what rules derive from it: the server's verdict, and the families of its links."""

    def __init__(
        self,
        document: Any,
        catalog: Catalog,
        *,
        files: Files | None = None,
        sources: Mapping[str, str] | None = None,
        glance: Glance | None = None,
    ) -> None:
        super().__init__(document, catalog, glance=glance)
        self.files = files
        """What the headers of weight files say, if they were read."""
        self.sources: Mapping[str, str] = {} if sources is None else sources
        """The Python line that wrote each node, if one did."""

    def with_files(self, files: Files) -> View:
        """The same prompt, not read again, judged with what the headers of weight files say."""
        view = copy(self)
        view.files = files
        for asked in ("families", "mismatches", "samplers"):
            view.__dict__.pop(asked, None)
        return view

    @cached_property
    def encoded(self) -> bytes:
        """The prompt as canonical bytes; raises `InvalidWorkflow` listing everything that JSON cannot hold."""
        return api.encode(self.document)

    @cached_property
    def is_json(self) -> bool:
        """Whether all of it can be written as JSON: no NaN, no half characters, no endless nesting."""
        if "encoded" in self.__dict__:
            return True
        doubtful = self.document
        if self.admission.schemas is not None:
            # Reading a node at a glance has already checked its inputs.
            odd = {node.id for node in self.odd}
            doubtful = {
                number: body
                for number, body in self.document.items()
                if number in odd or len(body) > _OWN_KEYS or not number.isascii()
            }
        try:
            api.encode(doubtful)
        except InvalidWorkflow:
            return False
        return True

    @cached_property
    def verdict(self) -> Verdict:
        """The server's answer to the prompt."""
        return verdict_of(self)

    @cached_property
    def families(self) -> Inference:
        """The model families that every link serves."""
        return Inference(self, rules_of(self.catalog), self.files)

    @cached_property
    def loaders(self) -> Sequence[tuple[PromptNode, Mapping[str, str]]]:
        """The nodes that load weight files and that some output needs, with the folder of each input that names one."""
        folders, reached = rules_of(self.catalog).folders, self.reached
        schemas = {id(node.known): node.schema for node in self.nodes.values()}
        loading = {known: found for known, schema in schemas.items() if (found := folders(schema.class_type))}
        return [
            (node, loading[id(node.known)])
            for number, node in self.nodes.items()
            if id(node.known) in loading and number in reached
        ]

    @cached_property
    def mismatches(self) -> Sequence[Mismatch]:
        """Where incompatible families meet."""
        return mismatches(self, self.families)

    @cached_property
    def samplers(self) -> Sequence[PromptNode]:
        """The nodes that run a diffusion model, or wrap one for a sampler, and are needed by some output."""
        reached = self.reached
        return [node for node, plan in self.families.asking if plan.samples and node.id in reached]
