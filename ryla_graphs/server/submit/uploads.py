"""Input files of a request, stored by content hash; `formats.contents` lists the accepted forms.

A graph may only name files of its request. We rename them, so that no name from a caller reaches the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

from ryla_graphs.formats import contents
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.presets import Preset
from ryla_graphs.problems import NotFound, did_you_mean
from ryla_graphs.prompt.files import NamedFile
from ryla_graphs.server.safety.fetch import Fetcher
from ryla_graphs.server.safety.footage import Footage
from ryla_graphs.server.safety.media import MediaFacts, MediaLimits, inspect
from ryla_graphs.server.safety.quotas import Quotas
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.storage import Store
from ryla_graphs.server.storage.damage import owned
from ryla_graphs.server.threads import checkpoint
from ryla_graphs.shapes import AudioShape, ImageShape, Unknown, VideoShape
from ryla_graphs.shapes.unknown import Whole


@dataclass
class Brought:
    """The input files of one request."""

    names: dict[str, str] = field(default_factory=dict)
    """From the text in the graph to the name that replaces it."""
    inputs: dict[str, str] = field(default_factory=dict)
    """From name to content hash."""
    facts: dict[str, MediaFacts] = field(default_factory=dict)
    """From name to the properties of the file."""


class Uploads:
    """Reads and stores input files."""

    def __init__(self, store: Store, limits: MediaLimits, fetcher: Fetcher, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas
        self._limits = limits
        self._fetcher = fetcher

    def size(self, digest: str) -> int:
        """The size in bytes of a stored file; 0 if it is gone."""
        return self._store.blobs.size(digest) or 0

    def bring(self, files: Sequence[NamedFile], given: Mapping[str, bytes | str], owner: str) -> Brought:
        """Store the files that a graph names: those in `given`, and those whose content is in the graph itself.

        Raises `InvalidInputs`; its codes are those of `media.inspect` and of `Fetcher.get`, and `bad_input`,
        `missing_asset`, `unused_input`.
        """
        named = dict.fromkeys(file.name for file in files)
        for name in given:
            if name not in named:
                hint = did_you_mean(name, named) or f"it names {', '.join(sorted(named)) or 'none'}"
                raise refusal("unused_input", f"the graph names no input file '{name}'", name=name, hint=hint)
        places = {file.name: f"{file.node}.{file.input}" for file in files if file.name not in given}
        brought = self.bring_contents(places, owner)
        for name, source in given.items():
            self._keep(brought, name, source, name, owner)
        return brought

    def bring_contents(self, places: Mapping[str, str], owner: str) -> Brought:
        """Store the files that texts hold (base64) or refer to (URLs, ids); ignores other texts.

        `places` maps each text to its place: a parameter, or an input of a node.
        """
        brought = Brought()
        for text, place in places.items():
            if contents.is_content(text):
                self._keep(brought, text, text, place, owner)
        return brought

    def _keep(self, brought: Brought, stands: str, source: bytes | str, name: str, owner: str) -> None:
        checkpoint()
        facts, digest = self._read(source, name, owner)
        stored = f"{digest[:32]}{facts.extension}"
        brought.names[stands] = stored
        brought.inputs[stored] = digest
        brought.facts[stored] = facts

    def _read(self, source: bytes | str, name: str, owner: str) -> tuple[MediaFacts, str]:
        """Read and store one file; returns its properties and its hash."""
        digest: str | None = None
        if isinstance(source, bytes):
            content = source
        elif contents.is_asset_id(source):
            digest, content = self._asset(source, name, owner)
        elif (place := contents.job_input(source)) is not None:
            digest, content = self._of_job(*place, name, owner)
        elif contents.is_address(source):
            content = self._fetcher.get(source, name=name)
        else:
            content = decoded(source, name)
        facts = inspect(content, name=name, limits=self._limits)
        return facts, digest or self._put(content, owner)

    def _put(self, content: bytes, owner: str) -> str:
        """Store a file; returns its hash. Nothing deletes it for an hour, even if the request is refused later."""
        self._quotas.check_inputs(owner)
        blob = self._store.blobs.put(content)
        if blob.new:
            self._quotas.brought(owner, blob.size)
        return blob.hash

    def _asset(self, asset_id: str, name: str, owner: str) -> tuple[str, bytes]:
        asset = owned(self._store.asset, asset_id, owner)
        if asset is None:
            raise refusal("missing_asset", f"there is no asset '{asset_id}'", name=name)
        try:
            return asset.hash, self._store.blobs.read(asset.hash)
        except NotFound:
            raise refusal("missing_asset", f"the content of asset '{asset_id}' is gone", name=name) from None

    def _of_job(self, job_id: str, stored: str, name: str, owner: str) -> tuple[str, bytes]:
        job = owned(self._store.job, job_id, owner)
        if job is None or stored not in job.request.inputs:
            raise refusal("missing_asset", f"there is no job '{job_id}', or it has no input '{stored}'", name=name)
        digest = job.request.inputs[stored]
        try:
            return digest, self._store.blobs.read(digest)
        except NotFound:
            raise refusal("missing_asset", f"the content of '{stored}' is gone", name=name) from None


def decoded(source: str, name: str) -> bytes:
    """The content of a data URL or of base64; raises `InvalidInputs` (`bad_input`)."""
    content = contents.decoded(source)
    if content is None:
        expected = "data:image/png;base64,…, the base64 alone, https://…, an asset's id, or the url of a job's input"
        raise refusal("bad_input", "this is not a file", name=name, expected=expected)
    return content


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """JSON with every text that stands for a file replaced by the file's new name."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: renamed(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [renamed(item, names) for item in value]
    return value


def with_names(prompt: ApiDocument, files: Iterable[NamedFile], names: Mapping[str, str]) -> ApiDocument:
    """The prompt with the files' new names, in the inputs that name files."""
    changed = dict(prompt)
    for file in files:
        if file.name in names:
            body = changed[file.node]
            changed[file.node] = {**body, "inputs": {**body["inputs"], file.input: names[file.name]}}
    return changed


def with_stand_ins(preset: Preset[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's parameters with a name in place of each picture that is sent or missing."""
    found = dict(parameters)
    for name in preset.pictures:
        camel = to_camel(name)
        given = next((each for each in (camel, name) if found.get(each) is not None), None)
        if given is not None and isinstance(found[given], str) and contents.is_content(found[given]):
            found[given] = f"{camel}.png"
        elif given is None and preset.parameters.model_fields[name].is_required():
            found.pop(name, None)  # null in the other spelling
            found[camel] = f"{camel}.png"
    return found


def shapes_of(facts: Mapping[str, MediaFacts]) -> dict[str, Any]:
    """The shapes of input files by name, for limits. Of a sound, only the size in bytes is known."""
    return {name: _shape_of(each) for name, each in facts.items()}


def _shape_of(facts: MediaFacts) -> Any:
    if facts.width is not None and facts.height is not None:
        return ImageShape(facts.frames, facts.height, facts.width)
    if facts.media_type.startswith("audio/"):
        seconds = Unknown("the length of an input file is unknown until the graph runs", 0, _SECONDS)
        return AudioShape(1, 2, seconds * _RATE, _RATE)
    found = facts.footage or Footage()
    rate = Unknown("the rate of an input video is unknown until the graph runs", 1, 240)
    return VideoShape(_frames(found), _side(found.height), _side(found.width), rate)


def _frames(found: Footage) -> Whole:
    """The frames of a video: exactly, if its container binds whoever reads it."""
    if found.most is not None and found.most == found.frames:
        return found.frames
    most = max(_FRAMES, found.frames) if found.most is None else found.most
    return Unknown("the number of frames of an input video is unknown until it runs", max(1, found.frames), most)


def _side(declared: int) -> Unknown:
    """A side of a video: its pictures may be larger than its container says, so that it only raises the assumption."""
    return Unknown("the size of an input video is unknown until the graph runs", max(1, declared), max(_SIDE, declared))


_SECONDS, _RATE, _SIDE, _FRAMES = 3_600, 44_100, 2_048, 256
"""What is assumed, at most, of a file that does not tell."""
