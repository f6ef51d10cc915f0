"""Parameter types for users' own pipelines, besides Python's own: files of the caller, and names of weight files.

Annotate a parameter with them as with `int` and `str`; `ryla_graphs` exports them.
"""

from __future__ import annotations

from typing import Annotated

from ryla_graphs.presets import parameters
from ryla_graphs.presets.parts import pictures

Picture = pictures.Picture
"""A picture: over HTTP an upload, a data URL or a URL; in Python a file name, or a picture of another graph.

>>> from ryla_graphs import Picture, Workflow, load_picture
>>> from ryla_graphs.nodes import ImageInvert, SaveImage
>>> def negative(photo: Picture) -> Workflow:
...     return Workflow(SaveImage(images=ImageInvert(image=load_picture(photo, "photo"))))
>>> len(negative("me.png"))
3
"""

Person = Annotated[pictures.Picture, parameters.ShowsPerson()]
"""A picture of the person whose face the result should have; `measureFace` compares the result with it.

>>> from ryla_graphs import Person, Workflow, load_picture
>>> from ryla_graphs.nodes import ImageInvert, SaveImage
>>> def negative(who: Person) -> Workflow:
...     return Workflow(SaveImage(images=ImageInvert(image=load_picture(who, "who"))))
>>> len(negative("me.png"))
3
"""

Mask = pictures.MaskPicture
"""A mask: a picture that is white where something is to be drawn; in Python also a mask of another graph.

>>> from ryla_graphs import Mask, Workflow, load_mask
>>> from ryla_graphs.nodes import MaskToImage, SaveImage
>>> def shown(mask: Mask) -> Workflow:
...     return Workflow(SaveImage(images=MaskToImage(mask=load_mask(mask))))
>>> len(shown("hat.png"))
3
"""

WeightFile = parameters.WeightFile
"""The name of a weight file, such as a checkpoint in ``models/checkpoints``.

>>> from ryla_graphs import WeightFile, Workflow
>>> from ryla_graphs.nodes import SaveImage, UpscaleModelLoader, ImageUpscaleWithModel, EmptyImage
>>> def large(model: WeightFile = "4x-UltraSharp.pth") -> Workflow:
...     loaded = UpscaleModelLoader(model_name=model)
...     return Workflow(SaveImage(images=ImageUpscaleWithModel(upscale_model=loaded, image=EmptyImage())))
>>> len(large())
4
"""
