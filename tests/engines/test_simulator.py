"""The simulator: real order, shapes, names and counts; nothing that could be taken for a model's work."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from PIL import Image

from ryla_graphs import Workflow, presets
from ryla_graphs.engines import Result, connect, run
from ryla_graphs.engines.events import Event
from ryla_graphs.engines.simulator import Simulator, world
from ryla_graphs.engines.simulator.drawing import MARK
from ryla_graphs.nodes import (
    BatchImagesNode,
    CreateVideo,
    EmptyAudio,
    EmptyHunyuanLatentVideo,
    EmptyImage,
    FeatherMask,
    GetImageSize,
    GrowMask,
    ImageCompositeMasked,
    ImageCrop,
    ImageFromBatch,
    ImageInvert,
    ImagePadForOutpaint,
    ImageScale,
    ImageScaleBy,
    ImageToMask,
    InvertMask,
    LoadImage,
    MaskToImage,
    PreviewAny,
    PreviewImage,
    RepeatImageBatch,
    ResizeImageMaskNode,
    SaveAnimatedWEBP,
    SaveAudio,
    SaveImage,
    SaveLatent,
    SaveVideo,
    SolidMask,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.problems import Cancelled, EngineRefused, ExecutionFailed
from ryla_graphs.testing import graphs
from tests.graphs import text_to_image


def simulate(*sinks: Any, inputs: dict[str, bytes] | None = None) -> Result:
    return run(Simulator(), Workflow(*sinks).compile(), inputs)


def pixels(result: Result, index: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(result.outputs[index].read()))


def png(size: tuple[int, int] = (40, 20), mode: str = "RGB", colour: Any = (200, 100, 50)) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_have_the_size_and_number_of_the_graph() -> None:
    result = run(Simulator(), text_to_image().compile())
    assert [(a.filename, a.subfolder, a.folder, a.kind) for a in result.outputs] == [
        ("x_00001_.png", "pictures", "output", "image"),
        ("x_00002_.png", "pictures", "output", "image"),
    ]
    assert pixels(result).size == (512, 768)
    assert result.outputs[0].read() != result.outputs[1].read()


def test_simulated_pictures_say_so_in_pixels_and_metadata() -> None:
    compiled = text_to_image().compile()
    result = run(Simulator(), compiled)
    picture = pixels(result)
    assert picture.info["simulated"] == MARK
    assert json.loads(picture.info["prompt"]) == compiled.prompt
    assert all(artifact.simulated and artifact.to_dict()["simulated"] for artifact in result.outputs)
    band = picture.convert("RGB").crop((0, 0, 512, 30))
    assert len(band.getcolors(100_000) or []) > 3, "there is no text in the band"


def test_the_seed_decides_the_picture() -> None:
    def picture(seed: int, steps: int = 20) -> bytes:
        return pixels(run(Simulator(), text_to_image(seed=seed, steps=steps).compile())).convert("RGB").tobytes()

    assert picture(1) == picture(1)
    assert picture(1) != picture(2)
    assert picture(1) != picture(1, steps=21)


def test_progress_counts_the_steps_of_each_sampler() -> None:
    events: list[Event] = []
    run(Simulator(), text_to_image(steps=4).compile(), on_event=events.append, previews=True)
    rows = [event.to_dict() for event in events]
    assert [(e["step"], e["steps"]) for e in rows if e["event"] == "progress"] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sum(e["event"] == "preview" for e in rows) == 4
    assert [e["event"] for e in rows][:3] == ["queued", "started", "node"]
    nodes = [e["node"] for e in rows if e["event"] == "node"]
    assert nodes.index("1") < nodes.index("sampler") < nodes.index("save")
    assert rows[-1]["event"] == "finished"
    json.dumps(rows)


def test_a_sampler_that_redraws_goes_all_its_steps() -> None:
    workflow = presets.get("flux-img2img").build(prompt="x", baseImage="b.png", steps=5, denoise=0.4)
    events: list[Event] = []
    run(Simulator(), workflow.compile(), {"b.png": png()}, on_event=events.append)
    assert [e.to_dict()["steps"] for e in events if e.kind == "progress"] == [5] * 5


def test_names_go_on_counting_from_run_to_run() -> None:
    simulator = Simulator()
    first, second = (run(simulator, text_to_image().compile()) for _ in range(2))
    assert [a.filename for a in (*first.outputs, *second.outputs)] == [f"x_0000{i}_.png" for i in (1, 2, 3, 4)]


def test_prefix_tokens_are_replaced() -> None:
    image = EmptyImage(width=64, height=32)
    (artifact,) = simulate(SaveImage(images=image, filename_prefix="%width%x%height%/%year%/a")).outputs
    assert artifact.subfolder.startswith("64x32/20") and artifact.filename == "a_00001_.png"


IMAGES: dict[str, tuple[Any, tuple[int, int], int]] = {
    "scale": (lambda i: ImageScale(image=i, upscale_method="lanczos", width=10, height=30, crop="center"), (10, 30), 1),
    "scale one side": (
        lambda i: ImageScale(image=i, upscale_method="area", width=20, height=0, crop="disabled"),
        (20, 10),
        1,
    ),
    "scale by": (lambda i: ImageScaleBy(image=i, upscale_method="bicubic", scale_by=1.5), (60, 30), 1),
    "crop": (lambda i: ImageCrop(image=i, width=15, height=100, x=30, y=5), (10, 15), 1),
    "pad": (
        lambda i: ImagePadForOutpaint(image=i, left=8, top=0, right=8, bottom=16, feathering=0).out.image,
        (56, 36),
        1,
    ),
    "repeat": (lambda i: RepeatImageBatch(image=i, amount=3), (40, 20), 3),
    "batch": (lambda i: BatchImagesNode(images=[i, EmptyImage(width=9, height=9), i]), (40, 20), 3),
    "pick": (lambda i: ImageFromBatch(image=RepeatImageBatch(image=i, amount=4), batch_index=1, length=2), (40, 20), 2),
    "multiplier": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=2.0)), (80, 40), 1),
    "longer": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleLongerDimension(longer_size=20)), (20, 10), 1),
    "shorter": (
        lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleShorterDimension(shorter_size=10)),
        (20, 10),
        1,
    ),
    "width": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleWidth(width=10)), (10, 5), 1),
    "height": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleHeight(height=10)), (20, 10), 1),
    "multiple": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleToMultiple(multiple=16)), (32, 16), 1),
    "dimensions": (lambda i: resized(i, ResizeImageMaskNode.ResizeType.ScaleDimensions(width=7, height=9)), (7, 9), 1),
    "match": (
        lambda i: resized(i, ResizeImageMaskNode.ResizeType.MatchSize(match=EmptyImage(width=5, height=6))),
        (5, 6),
        1,
    ),
}


def resized(image: Any, how: Any) -> ResizeImageMaskNode:
    return ResizeImageMaskNode(input=image, resize_type=how)


@pytest.mark.parametrize("name", IMAGES)
def test_image_nodes_are_really_done(name: str) -> None:
    change, size, count = IMAGES[name]
    image = LoadImage(image="a.png").out.image
    result = simulate(SaveImage(images=change(image), filename_prefix="x"), inputs={"a.png": png()})
    assert (pixels(result).size, len(result.outputs)) == (size, count)


@pytest.mark.parametrize(("method", "blended"), [("nearest-exact", False), ("lanczos", True), ("bilinear", True)])
def test_pictures_are_scaled_by_the_method_asked_for(method: Any, blended: bool) -> None:
    halves = Image.new("RGB", (40, 20), "black")
    halves.paste("white", (0, 0, 20, 20))
    buffer = io.BytesIO()
    halves.save(buffer, "PNG")
    scaled = ImageScale(image=LoadImage(image="a.png").out.image, upscale_method=method, width=50, height=25)
    picture = pixels(simulate(SaveImage(images=scaled), inputs={"a.png": buffer.getvalue()})).convert("RGB")
    colours = {colour for _, colour in picture.crop((0, 24, 50, 25)).getcolors() or []}
    assert (colours > {(0, 0, 0), (255, 255, 255)}) is blended


def test_pixels_are_those_that_pillow_makes() -> None:
    image = LoadImage(image="a.png").out.image
    result = simulate(SaveImage(images=ImageInvert(image=image), filename_prefix="x"), inputs={"a.png": png()})
    assert pixels(result).getpixel((0, 0)) == (55, 155, 205)


def test_masks() -> None:
    def centre(mask: Any) -> tuple[Any, Any]:
        picture = pixels(simulate(PreviewImage(images=MaskToImage(mask=mask))))
        return picture.getpixel((0, 0)), picture.getpixel((32, 32))

    white, black = (255, 255, 255), (0, 0, 0)
    solid = SolidMask(value=1.0, width=64, height=64)
    assert centre(solid) == (white, white)
    assert centre(InvertMask(mask=solid)) == (black, black)
    feathered = centre(FeatherMask(mask=solid, left=16, top=16, right=16, bottom=16))
    assert feathered[0] < (10, 10, 10) and feathered[1] == white
    spot = ImageCompositeMasked(
        destination=EmptyImage(width=64, height=64),
        source=EmptyImage(width=2, height=2, color=0xFFFFFF),
        x=31,
        y=31,
        resize_source=False,
    )
    mask = ImageToMask(image=spot, channel="red")
    grown = pixels(
        simulate(PreviewImage(images=MaskToImage(mask=GrowMask(mask=mask, expand=3, tapered_corners=False))))
    )
    assert grown.convert("L").getbbox() == (28, 28, 36, 36)
    tapered = pixels(
        simulate(PreviewImage(images=MaskToImage(mask=GrowMask(mask=mask, expand=3, tapered_corners=True))))
    )
    assert tapered.convert("L").getpixel((28, 28)) == 0


def test_loaded_alpha_is_the_mask() -> None:
    content = png(mode="RGBA", colour=(1, 2, 3, 255))
    loader = LoadImage(image="a.png")
    result = simulate(PreviewImage(images=MaskToImage(mask=loader.out.mask)), inputs={"a.png": content})
    assert pixels(result).size == (40, 20) and pixels(result).getpixel((0, 0)) == (0, 0, 0)


def test_scalars_flow_too() -> None:
    size = GetImageSize(image=EmptyImage(width=48, height=32, batch_size=2))
    result = simulate(PreviewAny(source=size.out.width), PreviewAny(source=size.out.batch_size))
    assert [artifact.text for artifact in result.outputs] == ["48", "2"]


def test_video_is_a_file_of_its_kind() -> None:
    frames = VAEDecode(
        samples=EmptyHunyuanLatentVideo(width=64, height=48, length=9, batch_size=1), vae=VAELoader(vae_name="x")
    )
    (artifact,) = simulate(
        SaveVideo(video=CreateVideo(images=frames, fps=8.0), filename_prefix="video/x", format="mp4")
    ).outputs
    content = artifact.read()
    assert (artifact.kind, artifact.filename, artifact.media_type) == ("video", "x_00001_.mp4", "video/mp4")
    assert content[4:8] == b"ftyp" and b"moov" in content


def test_other_kinds_of_files() -> None:
    image = RepeatImageBatch(image=EmptyImage(width=16, height=16), amount=2)
    latent = EmptyHunyuanLatentVideo(width=64, height=48, length=5, batch_size=1)
    result = simulate(
        SaveAnimatedWEBP(images=image, filename_prefix="a", fps=6.0, lossless=True, quality=80, method="default"),
        SaveAudio(audio=EmptyAudio(duration=0.5, sample_rate=44100, channels=1), filename_prefix="b"),
        SaveLatent(samples=latent, filename_prefix="c"),
    )
    kinds = {artifact.filename: (artifact.kind, artifact.read()[:4]) for artifact in result.outputs}
    assert kinds["a_00001_.webp"] == ("image", b"RIFF")
    assert kinds["b_00001.flac"] == ("audio", b"fLaC")
    assert kinds["c_00001_.latent"][0] == "latent"


def test_an_input_file_that_is_not_given_is_refused_before_the_run() -> None:
    workflow = presets.get("flux-instantid").build(prompt="x", referenceImage="me.png").compile()
    with pytest.raises(EngineRefused, match=r"-p referenceImage=@FILE"):
        Simulator().start(workflow)
    with pytest.raises(EngineRefused, match=r"names no input file 'you\.png'; did you mean 'me\.png'"):
        Simulator().start(workflow, {"you.png": b""})


def test_a_file_that_is_no_picture_fails_the_node() -> None:
    with pytest.raises(ExecutionFailed, match=r"'a\.png' is not a picture"):
        simulate(PreviewImage(images=LoadImage(image="a.png").out.image), inputs={"a.png": b"text"})


def test_cancel_ends_before_the_next_step() -> None:
    started = Simulator().start(text_to_image(steps=50).compile())
    kinds = []
    for event in started.events():
        kinds.append(event.kind)
        if event.kind == "progress":
            started.cancel()
    assert kinds[-1] == "cancelled" and kinds.count("progress") == 1


def test_run_raises_when_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Simulator()
    started: list[Any] = []
    begin = engine.start

    def start(*arguments: Any, **options: Any) -> Any:
        started.append(begin(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(engine, "start", start)
    with pytest.raises(Cancelled):
        run(engine, text_to_image().compile(), on_event=lambda event: started[0].cancel())


def test_an_interrupt_cancels_and_goes_on_up() -> None:
    def interrupt(event: Event) -> None:
        if event.kind == "progress":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Simulator(), text_to_image().compile(), on_event=interrupt)


def test_pictures_that_would_fill_the_memory_are_refused() -> None:
    with pytest.raises(ExecutionFailed, match="megapixels; the simulator draws up to 256"):
        simulate(PreviewImage(images=EmptyImage(width=16384, height=16384, batch_size=4096)))


@given(graphs(max_sinks=1, max_nodes=12))
def test_any_graph_runs_to_its_promised_outputs_or_says_why_not(workflow: Workflow) -> None:
    compiled = workflow.compile()
    from ryla_graphs.engines.inputs import file_inputs

    files = {value: png() for _, _, value in file_inputs(compiled)}
    with mock.patch.object(world, "MAX_PIXELS", 2**22):  # what is larger only takes longer
        started = connect().start(compiled, files)
        events = list(started.events())
    assert events[-1].terminal and not any(event.terminal for event in events[:-1])
    if events[-1].kind == "failed":
        assert isinstance(events[-1].to_dict()["error"]["message"], str)


def test_saving_never_overwrites(tmp_path: Path) -> None:
    compiled = text_to_image().compile()
    first = run(Simulator(), compiled).save(tmp_path)
    again = run(Simulator(), compiled).save(tmp_path)
    other = run(Simulator(), text_to_image(seed=9).compile()).save(tmp_path)
    assert first == again, "equal content is the same file"
    assert [path.name for path in other] == ["x_00003_.png", "x_00004_.png"]
    assert len(list((tmp_path / "pictures").iterdir())) == 4


def test_saving_stays_inside_the_folder(tmp_path: Path) -> None:
    from ryla_graphs.engines import Artifact

    for subfolder, name in [("../../etc", "../x.png"), ("/abs", "/y.png"), ("..\\up", "z.png")]:
        path = Artifact("1", "image", name, subfolder, read=lambda: b"x").save(tmp_path)
        assert path.resolve().is_relative_to(tmp_path.resolve())
