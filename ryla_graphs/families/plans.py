"""What to do at each node of a class: made once from its sockets and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import Kind, NodeSchema
from ryla_graphs.families.family import Families
from ryla_graphs.families.family_rules import FamilyRules
from ryla_graphs.families.pack_sockets import PackSocket
from ryla_graphs.families.rules import Restriction
from ryla_graphs.families.transfer_rows import APART, SOUND, UNKNOWN
from ryla_graphs.families.transfers import Either, From, ImageEncoder, OfFile, Part, TextEncoders, Transfer, Within


class End(NamedTuple):
    """An input whose families must agree with those of the other ends of its node."""

    input: str
    socket: str
    """The type of its link, or ``lora`` if the input names a LoRA."""
    strength: str | None = None
    """An input that switches this end off when it is zero."""


class Plan(NamedTuple):
    """What a class does with families."""

    outputs: tuple[Transfer | None, ...]
    """By slot; None for neutral outputs. Empty if all are neutral."""
    ends: tuple[End, ...]
    """The ends that must agree; the others are compared with the first. Empty if there are fewer than two."""
    restrictions: Mapping[str, Restriction]
    passes: str | None
    """The input whose families its only output has unchanged; None if it is not that simple."""
    samples: bool
    """Whether it runs a diffusion model, or wraps one for a sampler."""
    patched: tuple[tuple[int, str], ...]
    """Slots and types of the models and text encoders that it patches and passes on."""

    takes: Families | None
    """The families that its files must belong to; None if it takes any."""
    asks: bool
    """Whether there is anything to check at its nodes."""


_ORDER = ("MODEL", "GUIDER", "CONDITIONING", "CLIP", "LATENT", "VAE")
"""The end that the others are compared with, in order of preference: the model first."""

_SOURCES: Mapping[str, tuple[str, ...]] = {
    "CONDITIONING": ("CONDITIONING", "CLIP"),
    "LATENT": ("MODEL", "model", "GUIDER", "LATENT", "VAE", "vae"),
    "GUIDER": ("GUIDER", "MODEL"),
    "CLIP_VISION_OUTPUT": ("CLIP_VISION_OUTPUT", "CLIP_VISION"),
}
"""The sockets from which an output takes its families: the first that the class has. Others take them from their own
type. Lower-case entries are the roles of packs' sockets."""


_MADE: WeakKeyDictionary[FamilyRules, dict[int, tuple[NodeSchema, Plan]]] = WeakKeyDictionary()
_REMEMBERED = 4096


def plan_of(schema: NodeSchema, rules: FamilyRules) -> Plan:
    """What a class does with families, by its rows, else by its sockets; made once for each class."""
    return plans_of(rules)(schema)


def plans_of(rules: FamilyRules) -> Callable[[NodeSchema], Plan]:
    """`plan_of` for many classes, cached."""
    made = _MADE.get(rules)
    if made is None:
        made = _MADE.setdefault(rules, {})

    def of(schema: NodeSchema) -> Plan:
        # By identity: comparing schemas would cost more than making the plan. Keeping the schema keeps its id unique.
        found = made.get(id(schema))
        if found is None:
            if len(made) >= _REMEMBERED:
                made.clear()
            found = made[id(schema)] = (schema, _plan(schema, rules))
        return found[1]

    return of


def _plan(schema: NodeSchema, rules: FamilyRules) -> Plan:
    inputs = dict(_family_inputs(schema, rules))
    restrictions = rules.restrictions.get(schema.class_type, {})
    outputs = tuple(_outputs(schema, inputs, rules))
    ends = tuple(_ends(schema, inputs, restrictions, rules))
    samples = _samples(schema, inputs)
    takes = rules.takes(schema) if rules.folders(schema.class_type) else None
    patched = tuple(
        (slot, type_)
        for slot, type_ in enumerate(schema.output_types)
        if isinstance(type_, str) and type_ in ("MODEL", "CLIP") and type_ in inputs.values() and not _bundles(schema)
    )
    return Plan(
        outputs=outputs if any(output is not None for output in outputs) else (),
        ends=ends if len(ends) > 1 else (),
        restrictions=restrictions,
        passes=outputs[0].passes if len(outputs) == 1 and isinstance(outputs[0], From) else None,
        samples=samples,
        patched=patched,
        takes=takes,
        asks=len(ends) > 1 or bool(restrictions) or samples or bool(patched) or takes is not None,
    )


_ONE_MODEL = frozenset(
    {
        *("model", "clip", "vae", "positive", "negative", "conditioning", "control_net", "guider"),
        *("latent", "latent_image", "samples"),
    }
)
"""Names of inputs that belong to one model together. Packs' classes may have others as well: switches, refiners."""


def _is_of_pack(schema: NodeSchema) -> bool:
    return schema.module.startswith("custom_nodes.")


def _bundles(schema: NodeSchema) -> bool:
    """Whether a pack's class only bundles and unbundles: a context or pipe may hold things of different families."""
    return _is_of_pack(schema) and any(output not in sockets.BUILTIN for output in schema.output_types)


def _samples(schema: NodeSchema, inputs: Mapping[str, str]) -> bool:
    takes = set(inputs.values())
    gives = set(schema.output_types)
    return ("MODEL" in takes and bool(gives & {"LATENT", "GUIDER"})) or "GUIDER" in takes


def _family_inputs(schema: NodeSchema, rules: FamilyRules) -> Iterator[tuple[str, str]]:
    """The inputs that belong to families, with their socket types; autogrow inputs as ``name.*``."""
    grown: list[str] = []
    for spec in schema.every_input():
        if spec.name.startswith(tuple(grown)) and grown:
            continue
        if spec.kind is Kind.AUTOGROW:
            grown.append(f"{spec.name}.")
            if spec.slots and rules.carries(spec.slots[0].type):
                yield f"{spec.name}.*", spec.slots[0].type
        elif rules.carries(spec.type) and not spec.listed:
            yield spec.name, spec.type


def _outputs(schema: NodeSchema, inputs: Mapping[str, str], rules: FamilyRules) -> Iterator[Transfer | None]:
    row = rules.transfers.get(schema.class_type)
    for slot, output in enumerate(schema.outputs):
        known = (*row, UNKNOWN)[min(slot, len(row))] if isinstance(row, tuple) else row
        belongs = rules.carries(output.type) or output.type in (sockets.ANY, sockets.MATCH)
        if known is not None:
            yield known if belongs and known is not UNKNOWN else None
        elif isinstance(output.type, str) and rules.carries(output.type):
            source = _default(schema, output.type, output.name.lower(), inputs, rules)
            yield _within(schema, rules.sockets.get(output.type), source, rules)
        elif output.match is not None:
            yield Either(tuple(spec.name for spec in schema.every_input() if spec.match == output.match))
        else:
            yield None


def _within(
    schema: NodeSchema, socket: PackSocket | None, source: Transfer | None, rules: FamilyRules
) -> Transfer | None:
    """A transfer limited to what a pack's socket may carry and what its class takes."""
    if socket is None:
        return source
    return Within((rules.loading.get(schema.class_type, socket.families) & socket.families) or socket.families, source)


def _default(
    schema: NodeSchema, socket: str, name: str, inputs: Mapping[str, str], rules: FamilyRules
) -> Transfer | None:
    if inputs.get(name) == socket and not (socket == "LATENT" and "model" in map(rules.role, inputs.values())):
        return From((name,))
    for source in _SOURCES.get(socket, (socket,)):
        names = tuple(i for i, kind in inputs.items() if i not in SOUND and source in (kind, rules.role(kind)))
        if len(names) > 1 and _is_of_pack(schema):
            return Either(names)
        if names:
            return From(names, latents=socket == "LATENT" and source in ("MODEL", "GUIDER", "model"))
    return _of_file(schema, socket, rules)


def _of_file(schema: NodeSchema, socket: str, rules: FamilyRules) -> Transfer | None:
    """The transfer of a loader: its output is what its file holds."""
    files = rules.folders(schema.class_type)
    texts = tuple(name for name, folder in files.items() if folder == "text_encoders")
    if socket == "CLIP" and 0 < len(texts) < 3:
        return TextEncoders(texts, "type" if any(spec.name == "type" for spec in schema.inputs) else None)
    alone = len(files) == 1 and socket not in ("CONDITIONING", "LATENT")
    holding = files.values() if alone else _HOLDING.get(socket, files.values())
    fitting = [(name, folder) for name, folder in files.items() if folder in holding]
    name, folder = fitting[0] if len(fitting) == 1 else ("", "")
    if socket == "CLIP_VISION":
        return ImageEncoder(name) if folder else None
    part: Part = "CLIP" if socket == "CLIP" else "VAE" if socket == "VAE" or rules.role(socket) == "vae" else "MODEL"
    return OfFile(name, folder, part) if folder else None


_HOLDING: Mapping[str, tuple[str, ...]] = {
    "MODEL": ("checkpoints", "diffusion_models"),
    "CLIP": ("checkpoints",),
    "VAE": ("checkpoints", "vae"),
    "CLIP_VISION": ("clip_vision",),
    "CONDITIONING": (),
    "LATENT": (),
}
"""The folders that hold the file of an output, if a class loads several. Two files in them make the output unknown."""


def _ends(
    schema: NodeSchema, inputs: Mapping[str, str], restrictions: Mapping[str, Restriction], rules: FamilyRules
) -> Iterator[End]:
    if schema.class_type in APART or _bundles(schema):
        return
    files = rules.folders(schema.class_type)
    strengths = {spec.name for spec in schema.inputs if spec.name in ("strength", "strength_model")}
    wanted = [
        End(name, socket, "strength" if socket == "CONTROL_NET" and "strength" in strengths else None)
        for name, socket in inputs.items()
        if name not in restrictions and name not in SOUND and not socket.startswith("CLIP_VISION")
        if name in _ONE_MODEL or rules.role(socket) == "adapter" or not _is_of_pack(schema)
    ]
    if not {"MODEL", "CLIP"}.isdisjoint(inputs.values()):
        active = "strength_model" if "strength_model" in strengths else None
        wanted += [End(name, "lora", active) for name, folder in files.items() if folder == "loras"]
    yield from sorted(wanted, key=lambda end: _ORDER.index(end.socket) if end.socket in _ORDER else len(_ORDER))
