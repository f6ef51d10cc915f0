"""`ryla-graphs faces`: how well a face was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import print_json

if TYPE_CHECKING:
    from PIL.Image import Image

    from ryla_graphs.faces import FaceScore

faces_app = typer.Typer(help="How well a face was kept (extra `faces`).", no_args_is_help=True)

_NOT_MEASURED = {
    "no_reference_face": "no face was found in the first picture",
    "no_face": "no face was found in the second picture",
    "failed": "the pictures could not be measured",
}
_WEAK = {
    "small": "a face is small: the numbers say little",
    "profile": "a face is seen from the side: the numbers say little",
}


@faces_app.command("compare")
def compare_command(
    reference: Annotated[str, typer.Argument(metavar="A", help="A picture with the face.")],
    picture: Annotated[str, typer.Argument(metavar="B", help="A picture that should have it.")],
    json: Json = False,
) -> None:
    """Compare the faces of two pictures, on this machine; nothing is kept.

    Exit code 0 if they verify as one person, 1 where they do not, 2 where that cannot be measured.
    """
    from ryla_graphs.faces import compare, dlib_meter  # noqa: PLC0415

    score = compare(_opened(reference), _opened(picture), dlib_meter())
    if json:
        print_json(score.to_dict())
    else:
        for line in _lines(score):
            typer.echo(line)
    if score.verified is not True:
        raise typer.Exit(2 if score.verified is None else 1)


def _opened(source: str) -> Image:
    import io  # noqa: PLC0415

    from PIL import Image as Pillow  # noqa: PLC0415

    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import content_of  # noqa: PLC0415

    content = content_of(source)
    try:
        picture = Pillow.open(io.BytesIO(content[: len(content)]))
        picture.load()
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise InvalidDocument(f"'{source}' is no picture that can be read: {error}") from None
    return picture


def _lines(score: FaceScore) -> list[str]:
    if score.match is None:
        return [_NOT_MEASURED[score.outcome]]
    same = "the same person" if score.verified else "not verified as the same person"
    lines = [
        f"{same}: match {score.match:.0%} (of two equally likely stories; verified from 85%)",
        f"consistency {score.consistency:.0f} (50 is as near as two photos of one person)",
        f"distance {score.distance:.3f}, false match rate {score.false_match_rate:.1e}, {score.calibration}",
    ]
    if score.faces > 1 or score.reference_faces > 1:
        lines.append(
            f"{score.reference_faces} and {score.faces} faces; the largest of the first, the nearest of the second"
        )
    return [*lines, *([_WEAK[score.outcome]] if score.outcome in _WEAK else [])]
