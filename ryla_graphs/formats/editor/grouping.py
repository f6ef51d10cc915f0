"""Which nodes a person would group: parts that repeat under other names, and the loaders at the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ryla_graphs import sockets
from ryla_graphs.prompt import Prompt, PromptNode
from ryla_graphs.weights import IMPLIED

_VALUES = frozenset(
    {"IMAGE", "MASK", "LATENT", "CONDITIONING", "AUDIO", "VIDEO", "STRING", "INT", "FLOAT", "BOOLEAN", sockets.ANY}
)
"""The types that flow through a graph and are not models."""
_LONGEST = 60
"""The longest name of a part."""
_LEAST = 3
"""The fewest nodes that make a part."""


def repeated(classes: Mapping[str, str]) -> dict[str, str]:
    """The parts that ids reveal, by id: ``front-sampler`` is in the part ``front`` if other parts have the same nodes.

    `classes` are the class types by id.
    """
    bodies: dict[str, dict[str, str]] = defaultdict(dict)
    for name, class_type in classes.items():
        for place, letter in enumerate(name[:_LONGEST]):
            if letter == "-" and place:
                bodies[name[:place]][name[place + 1 :]] = class_type
    alike: dict[frozenset[tuple[str, str]], list[str]] = defaultdict(list)
    for part, body in bodies.items():
        if len(body) >= _LEAST:
            alike[frozenset(body.items())].append(part)
    parts: dict[str, str] = {}
    for body_items, found in alike.items():
        if len(found) > 1:
            for part in found:
                parts |= {f"{part}-{rest}": part for rest, _ in body_items}
    return parts


def enclosed(prompt: Prompt, parts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Parts for nodes that are in none but lie between two nodes of one, by id."""
    feeds: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for node in prompt.every_node():
        for link in node.wires.values():
            feeds[link.node].add(parts.get(node.id, ()))
    found: dict[str, tuple[str, ...]] = {}
    for number in prompt.order:
        around = {parts.get(source) or found.get(source, ()) for source in prompt.links[number]}
        if not parts.get(number) and len(around) == 1 and around & feeds[number] - {()}:
            found[number] = around.pop()
    return found


def loaders(prompt: Prompt, parts: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The nodes that load models, except those that only a later stage needs.

    A graph that redraws its own picture has a second set of models, which is better placed where it is used, unless
    several parts share it.
    """
    stages = _stages(prompt)
    needed: dict[str, int] = {}
    users: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for node in prompt.every_node():
        for link in node.wires.values():
            needed[link.node] = min(needed.get(link.node, 1_000_000), stages.get(node.id, 1))
            users[link.node].add(parts.get(node.id, ()))
    return {
        node.id
        for node in prompt.nodes.values()
        if _loads(node) and (needed.get(node.id, 1) == 1 or len(users[node.id]) > 1)
    }


def _loads(node: PromptNode) -> bool:
    """Whether this node supplies models: nothing is linked into it, and it names a file or outputs parts of a model."""
    types = {output.type for output in node.schema.outputs}
    if node.wires or not types or not types.isdisjoint(_VALUES):
        return False
    files = any(spec.lists_files and spec.upload is None for spec in node.schema.inputs)
    return files or node.class_type in IMPLIED or not types.isdisjoint(sockets.WITH_FAMILY)


def _stages(prompt: Prompt) -> dict[str, int]:
    """The stage of each node: the number of pictures made before it plus one, or the stage of the first it feeds."""
    passed: dict[str, int] = {}
    ahead: dict[str, int] = {}
    decoders = {number for number, node in prompt.nodes.items() if _decodes(node)}
    for number in prompt.order:
        sources = prompt.links[number]
        passed[number] = max((passed[source] + (source in decoders) for source in sources), default=0)
    for number in reversed(prompt.order):
        if passed[number] or number in decoders:
            ahead[number] = passed[number] + 1
        for source in prompt.links[number]:
            ahead[source] = min(ahead.get(source, 1_000_000), ahead.get(number, 1))
    return ahead


def _decodes(node: PromptNode) -> bool:
    """Whether this node turns a latent into a picture, a video or a sound."""
    types = {output.type for output in node.schema.outputs}
    takes = any(spec.type == "LATENT" for spec in node.schema.inputs)
    return takes and "LATENT" not in types and not types.isdisjoint({"IMAGE", "VIDEO", "AUDIO"})
