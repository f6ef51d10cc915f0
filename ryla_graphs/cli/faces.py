"""`ryla-graphs faces`: measures how well a face was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import print_json

if TYPE_CHECKING:
    from PIL.Image import Image

    from ryla_graphs.faces import FaceScore, Reference

faces_app = typer.Typer(help="Measure how well a face was kept (needs the extra `faces`).", no_args_is_help=True)

_NOT_MEASURED = {
    "no_reference_face": "no face was found in the first picture",
    "no_face": "no face was found in the second picture",
}
_WEAK = {
    "small": "a face is small, so the numbers are unreliable",
    "profile": "a face is seen from the side, so the numbers are unreliable",
}


Meter = Annotated[
    str,
    typer.Option("--meter", metavar="NETWORK", help="`dlib`, or `sface:MODELS_FOLDER` with the folder of its weights."),
]


@faces_app.command("compare")
def compare_command(
    reference: Annotated[str, typer.Argument(metavar="A", help="A picture with the face.")],
    picture: Annotated[str, typer.Argument(metavar="B", help="A picture that should have it.")],
    meter: Meter = "dlib",
    json: Json = False,
) -> None:
    """Compare the faces of two pictures on this machine, without storing anything.

    Exits 0 if they show the same person, 1 if they do not, 2 if that cannot be measured.
    """
    from ryla_graphs.faces import compare, meter_at  # noqa: PLC0415

    score = compare(_opened(reference), _opened(picture), meter_at(meter))
    if json:
        print_json(score.to_dict())
    else:
        for line in _lines(score):
            typer.echo(line)
    if score.verified is not True:
        raise typer.Exit(2 if score.verified is None else 1)


def reference_of(source: str, meter: str) -> Reference:
    """The reference that pictures are compared with; raises `InvalidDocument` if the picture has no face."""
    from ryla_graphs.faces import Reference, meter_at  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415

    reference = Reference(_opened(source), meter_at(meter))
    if reference.unseen.outcome != "no_face":
        raise InvalidDocument(f"no face was found in '{source}'; choose another picture of the person")
    return reference


def _opened(source: str) -> Image:
    from ryla_graphs.faces import picture_of  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import content_of  # noqa: PLC0415

    content = content_of(source)
    try:
        return picture_of(content[: len(content)])
    except ValueError as error:
        raise InvalidDocument(f"'{source}' cannot be read as a picture: {error}") from None


def _lines(score: FaceScore) -> list[str]:
    if score.distance is None:
        return [_NOT_MEASURED.get(score.outcome, "the pictures could not be measured")]
    same = "the same person" if score.verified else "not verified as the same person"
    if score.match is None:
        lines = [
            same,
            f"distance {score.distance:.3f}, {score.calibration}: this network has no calibrated probability",
        ]
    else:
        lines = [
            f"{same}: match {score.match:.0%} (assuming even odds; verified from 85%)",
            f"consistency {score.consistency:.0f} (50 is as close as two photos of one person)",
            f"distance {score.distance:.3f}, false match rate {score.false_match_rate:.1e}, {score.calibration}",
        ]
    if score.faces > 1 or score.reference_faces > 1:
        lines.append(
            f"{score.reference_faces} and {score.faces} faces; the largest of the first, the nearest of the second"
        )
    return [*lines, *([_WEAK[score.outcome]] if score.outcome in _WEAK else [])]
