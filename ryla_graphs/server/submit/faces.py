"""Decides whether a job's faces are measured: the caller asks, the deployment can, and the preset shows a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from ryla_graphs.presets import Preset
from ryla_graphs.problems import AtField, CannotRunHere, InvalidParameters, Problem
from ryla_graphs.server.job_options import FACE_NAMES, JobOptions
from ryla_graphs.server.settings import Settings
from ryla_graphs.server.sinks.faces import REFERENCE
from ryla_graphs.server.submit.uploads import Brought

_FIELD = AtField("request", FACE_NAMES[0])


def with_reference(
    preset: Preset[Any], pictures: Mapping[str, str], brought: Brought, options: JobOptions, settings: Settings
) -> JobOptions:
    """The options with the name of the reference picture added, if the job's faces are to be measured.

    `pictures` are the names of input files by parameter. Raises `CannotRunHere` (`no_face_meter`) if this deployment
    measures no faces, and `InvalidParameters` if the preset shows no person, or the request lacks their picture.
    """
    if not options.measure_face:
        return options
    if settings.face_meter is None:
        hint = "leave `measureFace` out, or ask the operator to install the extra `faces` and set RYLA_FACE_SCORE=1"
        message = "this deployment measures no faces"
        raise CannotRunHere([Problem(code="no_face_meter", message=message, subject=_FIELD, hint=hint)])
    if preset.person is None:
        raise no_person(f"{preset.name} has no parameter for a picture of the person")
    name = pictures.get(preset.person)
    if name not in brought.inputs:
        raise no_person(f"the request does not hold the content of `{to_camel(preset.person)}`")
    return replace(options, extra={**options.extra, REFERENCE: name})


def no_person(why: str) -> InvalidParameters:
    """The error for a job without a reference person."""
    hint = "leave `measureFace` out, or compare yourself: ryla-graphs faces compare reference.png picture.png"
    return InvalidParameters([Problem(code="bad_parameter", message=why, subject=_FIELD, hint=hint)])
