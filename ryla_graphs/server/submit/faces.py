"""Whether the faces of a job are measured: the caller asks, the deployment can, and there is a person to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from ryla_graphs.presets import Preset
from ryla_graphs.problems import AtField, CannotRunHere, InvalidParameters, Problem
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.faces import REFERENCE
from ryla_graphs.server.submit.uploads import Brought
from ryla_graphs.server.wishes import FACE_NAMES, Wishes

_FIELD = AtField("request", FACE_NAMES[0])


def with_reference(
    preset: Preset[Any], pictures: Mapping[str, str], brought: Brought, wishes: Wishes, settings: Settings
) -> Wishes:
    """The wishes with the reference's name for the job, where its faces are to be measured.

    `pictures` are the names of input files by parameter. Raises `CannotRunHere` (`no_face_meter`) if this deployment
    measures none, and `InvalidParameters` where the preset has no person, or their picture did not come along.
    """
    if not wishes.measure_face:
        return wishes
    if settings.face_meter is None:
        hint = "leave `measureFace` out; the operator may set RYLA_FACE_SCORE=1, with the extra `faces` installed"
        message = "this deployment measures no faces"
        raise CannotRunHere([Problem(code="no_face_meter", message=message, subject=_FIELD, hint=hint)])
    if preset.person is None:
        raise no_person(f"{preset.name} has no parameter that shows who is to be kept")
    name = pictures.get(preset.person)
    if name not in brought.inputs:
        raise no_person(f"`{to_camel(preset.person)}` did not come with the request, so it cannot be read here")
    return replace(wishes, extra={**wishes.extra, REFERENCE: name})


def no_person(why: str) -> InvalidParameters:
    """There is no person to compare with."""
    hint = "leave `measureFace` out, or compare yourself: ryla-graphs faces compare reference.png picture.png"
    return InvalidParameters([Problem(code="bad_parameter", message=why, subject=_FIELD, hint=hint)])
