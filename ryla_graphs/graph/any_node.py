"""`AnyNode`, a node of any class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, SupportsIndex, overload

from pydantic import Field

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.graph.node import Node, Output, no_output_called
from ryla_graphs.graph.origin import caller
from ryla_graphs.graph.wires import Source
from ryla_graphs.sockets import WireType


class AnyOut(tuple[Output[Any], ...]):
    """`.out` of an `AnyNode`: by slot, or by name where the catalog knows the class."""

    def __getattr__(self, name: str) -> Output[Any]:
        for output in self:
            if output.name == name or output.name.lower() == name:
                return output
        raise no_output_called(name, [output.name for output in self])

    @overload
    def __getitem__(self, slot: SupportsIndex, /) -> Output[Any]: ...
    @overload
    def __getitem__(self, slot: slice, /) -> tuple[Output[Any], ...]: ...
    def __getitem__(self, slot: SupportsIndex | slice, /) -> Any:
        try:
            return super().__getitem__(slot)
        except IndexError:
            what = f"the class has {len(self)} outputs" if self else "the class is unknown, so use `.output(0)`"
            raise IndexError(f"there is no output {slot}: {what}") from None


class AnyNode(Node, Source[Any], frozen=True):
    """A node of any class, with inputs by ComfyUI's names. Nothing is checked when it is created.

    Use it for classes without a Python class: `AnyNode(of="MyNode", inputs={"image": picture, "strength": 0.5})`.
    `validate` and `compile` check it like any other node, if their catalog has the class. Graphs that were read use it
    for nodes that are not valid for their Python class.

    >>> AnyNode(of="MyNode", inputs={"width": 64}).named("mine").label
    "MyNode 'mine'"
    """

    CLASS_TYPE = "AnyNode"
    CATALOG = Catalog({"AnyNode": {"input": {"required": {"of": ["STRING"]}, "optional": {"inputs": ["INPUTS"]}}}})

    of: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    catalog: Catalog | None = None

    @property
    def class_type(self) -> str:
        return self.of

    @property
    def schema_(self) -> NodeSchema:
        if self.catalog is not None and self._is_known():
            return self.catalog[self.of]
        return NodeSchema(
            class_type=self.of, display_name=self.of, category="", module="", inputs=(), outputs=(), output_node=False
        )

    @property
    def out(self) -> AnyOut:
        """The outputs, by slot number, or by name if the catalog knows the class."""
        return self._outputs(lambda *outputs: AnyOut(outputs))

    def _is_known(self) -> bool:
        return self.catalog is not None and self.of in self.catalog

    def carried_type(self) -> WireType | None:
        types = self.schema_.output_types if self._is_known() else (sockets.ANY,)
        return types[0] if len(types) == 1 else None

    def given_inputs(self) -> Iterable[tuple[str, Any]]:
        return self.inputs.items()

    def plain_inputs(self) -> None:
        return None  # null is a value here

    def input_values(self) -> Iterable[Any]:
        return self.inputs.values()

    def replace(self, **changes: Any) -> Self:
        origin = self.origin_._replace(code=(at := caller()).code, instruction=at.instruction, original=None)
        fields = {"of": self.of, "inputs": {**self.inputs, **changes}, "catalog": self.catalog}
        return self.made(fields, origin)


def catalogs_of(nodes: Iterable[Node]) -> Iterator[Catalog]:
    """The catalogs of the nodes' classes, as far as the nodes bring one."""
    for node in nodes:
        catalog = node.catalog if isinstance(node, AnyNode) else node.CATALOG
        if catalog is not None:
            yield catalog
