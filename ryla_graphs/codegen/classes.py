"""The source of one node class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema, Option
from ryla_graphs.codegen import names
from ryla_graphs.codegen.annotations import Vocabulary, default_of, input_type, output_type
from ryla_graphs.codegen.docs import Prose, docstring, summary_of
from ryla_graphs.codegen.families import FamilyWords, family_words

Lines = Iterator[str]


def render_class(schema: NodeSchema, name: str, words: Vocabulary, prose: Prose) -> Lines:
    """A generated class: a signature, with a docstring of what is known about it."""
    of = family_words(schema, words)
    bases = ["_Node"]
    if len(schema.outputs) == 1:
        bases.append(f"Source[{output_type(schema.outputs[0], of.base)}]")
    if of.variable and of.variable not in bases[-1]:
        bases.append(f"Generic[{of.variable}]")
    yield f"class {name}({', '.join(bases)}, frozen=True):"
    inputs = [*_inputs(schema.inputs, of.inputs, prose), *_more(schema, of.inputs)]
    body = [*_head(schema, name, prose), *_outputs(schema, of), *inputs, *_out(schema, of)]
    yield from indented(line for line, before in zip(body, ["", *body], strict=False) if line or before)


def indented(lines: Iterable[str]) -> Lines:
    """Lines one level deeper."""
    return (f"    {line}" if line else "" for line in lines)


def _head(schema: NodeSchema, name: str, prose: Prose) -> Lines:
    yield from docstring(summary_of(schema, name), prose, schema.inputs, _fields(schema.inputs))
    yield ""
    yield f"CLASS_TYPE = {schema.class_type!r}"


def _fields(specs: Sequence[InputSpec]) -> list[str]:
    return names.unique(names.field_name(spec.key) for spec in specs)


def _outputs(schema: NodeSchema, of: FamilyWords) -> Lines:
    if schema.outputs:
        yield ""
        generic = f", Generic[{of.out_variable}]" if of.out_variable else ""
        yield f"class Out(NamedTuple{generic}):"
        fields = names.unique(names.output_name(output.name) for output in schema.outputs)
        kinds = ["OutputList" if output.is_list else "Output" for output in schema.outputs]
        types = [output_type(output, of.out) for output in schema.outputs]
        yield from indented(f"{f}: {kind}[{of}]" for f, kind, of in zip(fields, kinds, types, strict=True))
        yield ""


def _out(schema: NodeSchema, of: FamilyWords) -> Lines:
    if schema.outputs:
        yield ""
        yield "@property"
        argument = f"[{of.variable}]" if of.out_variable else ""
        yield f"def out(self) -> Out{argument}:"
        yield "    return self._outputs(self.Out)"


def _inputs(specs: Sequence[InputSpec], words: Vocabulary, prose: Prose) -> Lines:
    fields = _fields(specs)
    renamed = {f: spec.key for f, spec in zip(fields, specs, strict=True) if f != spec.key}
    if renamed:
        yield f"WIRE_NAMES = {renamed!r}"
    spaces = _option_spaces(specs, fields)
    for spec, space in zip(specs, spaces, strict=True):
        if spec.kind is Kind.DYNAMIC_COMBO and any(option.inputs for option in spec.options):
            yield from _options(spec, space, words, prose)
    for name, spec, space in zip(fields, specs, spaces, strict=True):
        default = default_of(spec) or _first_option(spec)
        kind = field_type(spec, space, words)
        if not spec.required:
            kind += " | None"
        yield f"{name}: {kind}" + (f" = {default}" if default is not None else "")


def _more(schema: NodeSchema, words: Vocabulary) -> Lines:
    """The field for inputs that the class takes besides the declared ones, with the patterns of their names."""
    rows = schema.dynamic_inputs
    if not rows and not schema.any_input_names:
        return
    name = "more" if all(names.field_name(spec.key) != "more" for spec in schema.inputs) else "more_"
    patterns = "|".join(row.pattern for row in rows)
    key = "str" if schema.any_input_names else f"Annotated[str, Field(pattern={f'^({patterns})$'!r})]"
    kind = "AnyValue"
    if not schema.any_input_names and all(row.type != "*" for row in rows):
        wires = sorted({part for row in rows for part in row.type.split(",")})
        kind = f"Source[{' | '.join(map(words.socket, wires))}]"
        kind += " | JsonValue" if any(row.values for row in rows) else ""
    yield f"MORE = {name!r}"
    yield f"{name}: Mapping[{key}, {kind}] = {{}}"


def _first_option(spec: InputSpec) -> str | None:
    """The option of a dynamic combo that the editor starts with, if its key alone is enough."""
    first = spec.options[:1]
    return repr(first[0].key) if first and is_defaultable(first[0]) else None


def _option_spaces(specs: Sequence[InputSpec], fields: Sequence[str]) -> list[str]:
    spaces = names.unique(names.camel(spec.key) for spec in specs)
    return [f"{space}Choice" if space in fields or space in _TAKEN else space for space in spaces]


_TAKEN = frozenset(
    [
        "Annotated",
        "Any",
        "AnyValue",
        "Field",
        "JsonValue",
        "Literal",
        "Mapping",
        "NamedTuple",
        "Node",
        "Option",
        "Out",
        "Output",
        "OutputList",
        "Sequence",
        "Source",
    ]
)
"""Names that generated annotations use, so no class may have them."""


def field_type(spec: InputSpec, space: str, words: Vocabulary) -> str:
    """The type of any input, dynamic ones included."""
    if spec.kind is Kind.AUTOGROW:
        return _autogrow_type(spec, words)
    if spec.kind is not Kind.DYNAMIC_COMBO:
        return input_type(spec, words)
    bare = [option.key for option in spec.options if is_defaultable(option)]
    classes = [f"{space}.{name}" for name, option in _option_names(spec) if option.inputs]
    literals = [f"Literal[{', '.join(map(repr, bare))}]"] if bare else []
    return " | ".join([*literals, *classes])


def _autogrow_type(spec: InputSpec, words: Vocabulary) -> str:
    unit = input_type(spec.slots[0], words)
    required = sum(slot.required for slot in spec.slots)
    limits = f"Field({f'min_length={required}, ' if required else ''}max_length={len(spec.slots)})"
    several = f"Annotated[Sequence[{unit}], {limits}]"
    if spec.slot_prefix is not None:
        return several
    keys = ", ".join(repr(slot.key) for slot in spec.slots)
    return f"Annotated[Mapping[Literal[{keys}], {unit}], {limits}] | {several}"


def is_defaultable(option: Option) -> bool:
    """Whether the key alone is enough, because every input that the option adds has a default."""
    for spec in option.inputs:
        if not spec.required:
            continue
        if spec.kind is Kind.DYNAMIC_COMBO:
            if not spec.options or not is_defaultable(spec.options[0]):
                return False
        elif default_of(spec) is None or spec.kind is Kind.AUTOGROW:
            return False
    return isinstance(option.key, (str, int))


def _option_names(spec: InputSpec) -> list[tuple[str, Option]]:
    wanted = names.unique(names.camel(str(option.key)) for option in spec.options)
    return list(zip(wanted, spec.options, strict=True))


def _options(spec: InputSpec, space: str, words: Vocabulary, prose: Prose) -> Lines:
    yield ""
    yield f"class {space}:"
    yield f'    """The options of `{names.field_name(spec.key)}`."""'
    for name, option in _option_names(spec):
        if option.inputs:
            yield ""
            yield f"    class {name}(Option, frozen=True):"
            said = docstring(
                f"The choice {str(option.key)!r}.", prose._replace(summary=""), option.inputs, _fields(option.inputs)
            )
            body = [*said, "", f"KEY = {option.key!r}", *_inputs(option.inputs, words.of(""), prose)]
            yield from indented(indented(body))
    yield ""
