"""What the name of a file says about it, as data: the weakest evidence, used where there is no better.

A name is compared in lower case, without its ending, and with ``-`` for every blank, dot, underscore and hyphen:
``SDXL\\RealVisXL_V5.0.safetensors`` is ``sdxl/realvisxl-v5-0``. First the file's own name is looked at, then its
folders. Facts: the names in ComfyUI's official templates and in the public graphs that were looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ryla_graphs.families.family import with_latents

OWN_NAMES = frozenset({"text_encoders", "clip_vision", "vae"})
"""The folders in which only patterns of their own count."""


@dataclass(frozen=True, kw_only=True)
class FilePattern:
    """What a name means."""

    word: str
    """A piece of text that the name has; cheap to look for."""
    pattern: str | None = None
    """A regular expression that it fits as well."""
    families: tuple[str, ...] = ()
    """Of which families it is; nothing where the name says that nothing is known."""
    folders: frozenset[str] | None = None
    """The folders below ``models`` in which the name means that; None for all of models and what acts on them."""
    variant: str | None = None
    encoder: str | None = None
    bare: bool = False
    """Whether it is known to hold a diffusion model alone, no checkpoint."""

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern) if self.pattern else None

    def counts_in(self, folder: str) -> bool:
        """Whether names in this folder below ``models`` are meant."""
        return folder in self.folders if self.folders is not None else folder not in OWN_NAMES

    def fits(self, name: str) -> bool:
        """Whether a plain name, as `plain` gives it, is meant."""
        return self.word in name and (self._expression is None or self._expression.search(name) is not None)


_PLAIN = str.maketrans(dict.fromkeys(" ._", "-") | {"\\": "/"})
_ENDINGS = (".safetensors", ".sft", ".gguf", ".ckpt", ".pth", ".pt", ".bin")


def plain(name: str) -> str:
    """A file's name as patterns look at it."""
    name = name.lower()
    if name.endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name.translate(_PLAIN)


class PatternsOfFolder:
    """The patterns that count in one folder below ``models``, quick to ask."""

    def __init__(self, patterns: Iterable[FilePattern], folder: str) -> None:
        self._rows = tuple(row for row in patterns if row.counts_in(folder))
        self._words = tuple(dict.fromkeys(row.word for row in self._rows))
        self._any_word = re.compile("|".join(map(re.escape, self._words)) or "(?!)")

    def fit(self, name: str) -> FilePattern | None:
        """The first pattern that the file's own name fits, or else its folders do."""
        folders, slash, own = plain(name).rpartition("/")
        found = self._first(own)
        return self._first(folders) if found is None and slash else found

    def _first(self, name: str) -> FilePattern | None:
        if self._any_word.search(name) is None:
            return None
        words = {word for word in self._words if word in name}
        return next((row for row in self._rows if row.word in words and row.fits(name)), None)


def _named(word: str, *families: str, pattern: str | None = None, variant: str | None = None) -> FilePattern:
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant)


def _bare(word: str, pattern: str, *families: str, variant: str | None = None) -> FilePattern:
    return FilePattern(word=word, pattern=pattern, families=families, variant=variant, bare=True)


MODELS: tuple[FilePattern, ...] = (
    _bare("klein", r"^flux-?2.*klein.*4b", "flux2", variant="klein-4b"),
    _bare("klein", r"^flux-?2.*klein.*9b", "flux2", variant="klein-9b"),
    _named("klein", "flux2"),
    _bare("flux", r"^flux-?2-dev", "flux2", variant="dev"),
    _named("flux", "flux2", pattern=r"flux-?2(?![0-9])"),
    _named("schnell", "flux1", pattern=r"schnell-fp8$", variant="schnell"),
    _bare("schnell", r"^flux-?1-schnell$", "flux1", variant="schnell"),
    _named("schnell", "flux1", pattern=r"flux|^schnell", variant="schnell"),
    _bare("kontext", r"^flux1-dev-kontext", "flux1", variant="kontext"),
    _named("kontext", "flux1", pattern=r"flux|dev-kontext|^kontext", variant="kontext"),
    _bare("fill", r"^flux1-fill-dev", "flux1", variant="fill"),
    _named("fill", "flux1", pattern=r"flux.*fill", variant="fill"),
    _named("krea", "krea2", pattern=r"krea-?2"),
    _bare("krea", r"^flux1-krea-dev", "flux1", variant="krea"),
    _named("krea", "flux1", pattern=r"flux.*krea|krea-dev", variant="krea"),
    _named("flux", "flux1", pattern=r"flux.*(canny|depth)-dev", variant="control"),
    _bare("flux", r"^flux-?1-dev$", "flux1", variant="dev"),
    _named("flux", "flux1", pattern=r"flux-?1?-d(ev)?(?![a-z])", variant="dev"),
    _named("flux", "flux1", pattern=r"flux-?1(?![0-9])"),
    _named("chroma", "chroma-radiance", pattern=r"chroma.*radiance"),
    _named("chroma", "chroma", pattern=r"chroma(?![a-z])"),
    _bare("image", r"^z-image-turbo-(bf16|int8|fp8)", "z-image", variant="turbo"),
    _named("image", "z-image", pattern=r"z-?image.*turbo", variant="turbo"),
    _named("image", "z-image", pattern=r"(?<![a-z])z-?image"),
    _named("lumina", "lumina2", pattern=r"lumina-?(image-?)?2|neta-?lumina"),
    _named("netayume", "lumina2"),
    _named("newbie", "lumina2", pattern=r"newbie-image"),
    _named("hidream", "hidream-o1", pattern=r"hidream-?o1"),
    _bare("hidream", r"^hidream-(i1|e1)", "hidream"),
    _named("hidream", "hidream"),
    _named("longcat", "longcat-image", pattern=r"longcat-image"),
    _named("omnigen", "omnigen2", pattern=r"omnigen-?2"),
    _named("boogu", "boogu"),
    _named("ovis", "ovis-image", pattern=r"ovis-image"),
    _named("kandinsky", "kandinsky5-image", pattern=r"kandinsky-?5.*(t2i|i2i|image)"),
    _named("kandinsky", "kandinsky5", pattern=r"kandinsky-?5"),
    _named("ernie", "ernie-image", pattern=r"ernie-image"),
    _named("ideogram", "ideogram4", pattern=r"ideogram-?4"),
    _bare("qwen", r"^qwen-image-edit-(fp8|bf16|[0-9]{4}-(fp8|bf16))", "qwen-image", variant="edit"),
    _bare("qwen", r"^qwen-image-(fp8|bf16)", "qwen-image"),
    _named("qwen", "qwen-image", pattern=r"qwen-?(image-?)?edit", variant="edit"),
    _named("qwen", "qwen-image", pattern=r"qwen-?image.*layered", variant="layered"),
    _named("qwen", "qwen-image", pattern=r"qwen-?image"),
    _named("firered", "qwen-image", pattern=r"firered-image", variant="edit"),
    _named("joy", "joyimage", pattern=r"joyai-image|joyimage"),
    _named("anima", "anima", pattern=r"(?<![a-z])anima(?![a-z])"),
    _named("pixeldit", "pixeldit"),
    _named("wan", "wan22-5b", pattern=r"wan-?2-?2.*(?<![0-9])5b"),
    _bare("wan", r"^wan2-[12]-(t2v|i2v|ti2v|flf2v|vace|s2v)-", "wan"),
    _named("wan", "wan", pattern=r"(?<![a-z])wan-?2-?[12](?![0-9])"),
    _named("wan", "wan", pattern=r"(?<![a-z])wan-?(animate|alpha|move|vace|fun)"),
    _named("lightx2v", "wan", pattern=r"14b"),
    _named("chrono", "wan", pattern=r"chrono-?edit"),
    _named("hunyuan", "hunyuan3d", pattern=r"hunyuan-?3d"),
    _named("hunyuan", "hunyuan-video-15", pattern=r"hunyuan-?video-?(v)?1-?5"),
    _named("hunyuan", "hunyuan-image-refiner", pattern=r"hunyuan-?image.*refiner"),
    _named("hunyuan", "hunyuan-image", pattern=r"hunyuan-?image-?2"),
    _named("hunyuan", "hunyuan-video", pattern=r"hunyuan-?video"),
    _named("hunyuan", "hunyuan-dit", pattern=r"hunyuan-?dit"),
    _named("ltx", "ltxav", pattern=r"(?<![a-z])ltx-?2(?!b)"),
    _named("ltx", "ltxv", pattern=r"(?<![a-z])ltx-?v"),
    _named("mochi", "mochi", pattern=r"mochi-(preview|1)"),
    _named("cosmos", "cosmos-predict2", pattern=r"cosmos-?predict-?2"),
    _named("cosmos", "cosmos", pattern=r"cosmos-?1"),
    _named("cogvideo", "cogvideox"),
    _named("seedvr2", "seedvr2"),
    _named("minimax", "minimax-h3", pattern=r"minimax-?h3"),
    _named("minimax", "minimax-music", pattern=r"minimax-?music"),
    _named("trellis", "trellis2", pattern=r"trellis-?2"),
    _named("triposplat", "triposplat"),
    _named("audio", "stable-audio-3", pattern=r"stable-audio-3"),
    _named("audio", "stable-audio", pattern=r"stable-audio"),
    _named("ace", "ace15", pattern=r"ace-?step-?(v)?1-5"),
    _named("ace", "ace", pattern=r"ace-?step"),
    _named("aura", "aura-flow", pattern=r"aura-?flow"),
    _named("pixart", "pixart", pattern=r"sigma"),
    _named("pixart", "pixart", "pixart-alpha"),
    _named("cascade", "cascade-c", pattern=r"stage-c"),
    _named("cascade", "cascade-b", pattern=r"stage-b"),
    _named("sam3", "sam3", pattern=r"(?<![a-z])sam3(?![0-9])"),
    _named("detr", "rt-detr", pattern=r"rt-?detr"),
    _named("sd", "sd3", pattern=r"(?<![a-z0-9])sd-?3(-?5)?(?![0-9])"),
    _named("stable-diffusion-3", "sd3"),
    _named("svd", "svd", pattern=r"(?<![a-z])svd(?![a-z])"),
    _named("refiner", "sdxl-refiner", pattern=r"xl.*refiner"),
    _named("xl", "sdxl", pattern=r"sdxl|sd-xl|xl(?![a-z])"),
    _named("pony", "sdxl", pattern=r"pony(?![a-z])|ponydiffusion"),
    _named("illustrious", "sdxl"),
    _named("noobai", "sdxl"),
    _named("v2-1", "sd2", pattern=r"v2-1-?(768|512)"),
    _named("sd", "sd2", pattern=r"(?<![a-z0-9])sd-?(v)?2-?[01](?![0-9])"),
    _named("stable-diffusion-2", "sd2"),
    _named("v1-5", "sd15", pattern=r"^v1-5-pruned"),
    _named("sd", "sd15", pattern=r"(?<![a-z0-9])sd-?(v)?1-?[45](?![0-9])"),
    _named("stable-diffusion-v1", "sd15"),
    _named("dreamshaper-8", "sd15"),
    _named("realisticvision", "sd15", pattern=r"realisticvisionv[1-6]"),
)
"""Models, and what acts on them: LoRAs, ControlNets, patches."""


def _in(folder: str, *rows: FilePattern) -> tuple[FilePattern, ...]:
    return tuple(
        FilePattern(
            word=row.word,
            pattern=row.pattern,
            families=row.families,
            folders=frozenset({folder}),
            variant=row.variant,
            encoder=row.encoder,
        )
        for row in rows
    )


LORAS = _in(
    "loras",
    _named("ace-plus", "flux1", variant="fill"),
    _named("flux", "flux1", "flux2", "chroma", pattern=r"flux(?!-?[12])"),
    _named("qwen", "qwen-image"),
)
"""LoRAs; a plain ``flux`` may mean either generation."""

CONTROLNETS = _in(
    "controlnet",
    _named("instantid", "sdxl"),
    _named("infusenet", "flux1"),
    _named("control-v11", "sd15"),
    _named("sdxl", "sdxl"),
    _named("sd15", "sd15"),
    _named("flux", "flux1", pattern=r"flux(?!-?2)"),
    _named("qwen", "qwen-image"),
    _named("cascade", "cascade-c"),
)
"""ControlNets."""


def _text(word: str, encoder: str, pattern: str | None = None) -> FilePattern:
    return FilePattern(word=word, pattern=pattern, encoder=encoder)


TEXTS = _in(
    "text_encoders",
    _text("ace15", "", r"ace15"),
    _text("clip-l", "clip-l", r"clip-l(?![a-z])"),
    _text("clip-g", "clip-g", r"clip-g(?![a-z])"),
    _text("clip-h", "clip-h", r"clip-h(?![a-z])"),
    _text("umt5", "umt5-xxl", r"umt5.*xxl"),
    _text("oldt5", "t5-xxl-old"),
    _text("t5gemma", "t5-gemma"),
    _text("byt5", "byt5"),
    _text("t5", "t5-xl", r"pile-?t5-?xl"),
    _text("t5", "t5-xxl", r"(?<![a-z])t5-?(v1-1-)?xxl"),
    _text("t5-base", "t5-base"),
    _text("gemma", "gemma-2-2b", r"gemma-?2-2b"),
    _text("gemma", "gemma-3-4b", r"gemma-?3-4b"),
    _text("gemma", "gemma-3-12b", r"gemma-?3-12b"),
    _text("gemma", "gemma-4", r"gemma-?4-"),
    _text("llava", "llava-llama-3", r"llava-?llama-?3"),
    _text("llama", "llama-3-8b", r"llama-?3(-1)?-8b"),
    _text("qwen", "qwen-2.5-vl-7b", r"qwen-?2-5-vl-7b"),
    _text("qwen", "qwen-2.5-vl-3b", r"qwen-?2-5-vl-(3b|fp16)"),
    _text("qwen", "qwen-3-vl-4b", r"qwen-?3-?vl-4b"),
    _text("qwen", "qwen-3-vl-8b", r"qwen-?3-?vl-8b"),
    _text("qwen", "qwen-3-vl-32b", r"qwen-?3-?vl-32b"),
    _text("qwen", "qwen-3-4b", r"qwen-?3-4b"),
    _text("qwen", "qwen-3-8b", r"qwen-?3-8b"),
    _text("qwen", "qwen-3-0.6b", r"qwen-?3-0-?6b"),
    _text("mistral", "mistral-3-24b", r"mistral-?(3-)?small"),
    _text("ministral", "ministral-3-3b", r"ministral-?3-3b"),
    _text("gpt-oss", "gpt-oss-20b"),
    _text("jina", "jina-clip-2", r"jina-clip-v?2"),
)
"""Text encoders."""

VISIONS = _in(
    "clip_vision",
    _text("dino", "dino"),
    _text("clip", "siglip", r"sig-?clip"),
    _text("siglip", "siglip"),
    _text("vit-h", "clip-vision-h"),
    _text("clip-vision-h", "clip-vision-h"),
    _text("vit-big", "clip-vision-g", r"vit-big-?g"),
    _text("clip-vision-g", "clip-vision-g"),
    _text("vit-l", "clip-vision-l", r"vit-l(arge)?-"),
    _text("clip-vision-l", "clip-vision-l"),
)
"""Image encoders."""


def _latents(word: str, *formats: str, pattern: str | None = None) -> FilePattern:
    return FilePattern(word=word, pattern=pattern, families=tuple(sorted(with_latents(*formats))))


VAES = _in(
    "vae",
    _latents("audio", pattern=r"audio-?vae"),
    _latents("pixel-space", "pixels"),
    _latents("flux", "flux2", pattern=r"flux-?2"),
    _latents("ae", "flux", pattern=r"^ae$|flux.*(vae|ae)$|ultraflux"),
    _latents("flux", "flux", pattern=r"flux-?1"),
    _latents("taef1", "flux"),
    _latents("wan", "wan22", pattern=r"wan-?2-?2"),
    _latents("wan", "wan21", pattern=r"(?<![a-z])wan-?(alpha-?)?2-?1"),
    _latents("qwen", "wan21", pattern=r"qwen-image"),
    _latents("xl", "sdxl", pattern=r"sdxl|sd-xl|taesdxl"),
    _latents("sd3", "sd3", pattern=r"sd3"),
    _latents("taesd", "sd15", pattern=r"^taesd$"),
    _latents("vae-ft-", "sd15"),
    _latents("kl-f8", "sd15"),
    _latents("hunyuan", "hunyuan-video-15", pattern=r"hunyuan-?video-?1-?5"),
    _latents("hunyuan", "hunyuan-image-refiner", pattern=r"hunyuan-?image.*refiner"),
    _latents("hunyuan", "hunyuan-image", pattern=r"hunyuan-?image"),
    _latents("hunyuan", "hunyuan-video", pattern=r"hunyuan-?video"),
    _latents("mochi", "mochi"),
    _latents("cosmos", "cosmos", pattern=r"cosmos-?cv8"),
    _latents("ltx", "ltxv"),
    _latents("ace", "ace15", pattern=r"(?<![a-z])ace-?(step-?)?1-5"),
    _latents("seedvr2", "seedvr2"),
    _latents("minimax", "minimax-h3", pattern=r"h3-?video"),
    _latents("triposplat", "triposplat"),
    _latents("cogvideo", "cogvideox"),
)
"""VAEs: a name tells whose latents they are."""

PATTERNS: tuple[FilePattern, ...] = (*LORAS, *CONTROLNETS, *TEXTS, *VISIONS, *VAES, *MODELS)
"""All patterns. Those of a folder come before the general ones, and the general ones do not count in folders of
encoders and VAEs."""
