"""Nodes that draw words on pictures."""

from __future__ import annotations

import textwrap

from PIL import Image, ImageColor, ImageDraw, ImageFont

from ryla_graphs.engines.simulator.pictures.registry import Out, draws


@draws("TextOverlay", frames=("images",))
def write(out: Out, image: Image.Image) -> Image.Image:
    """Text sized as a share of the height, wrapped to the width, at the top or bottom."""
    text = str(out["text"]).replace("\\n", "\n").replace("\\t", "\t")
    if not text.strip():
        return image
    written = image.convert("RGB")
    size, margin = max(1, round(out["font_size"] / 100 * image.height)), round(min(image.size) / 100)
    font, pen = ImageFont.load_default(size), ImageDraw.Draw(written)
    stroke = max(1, round(size * 0.04)) if out["outline"] else 0
    columns = max(1, int((image.width - 2 * margin) / max(1, font.getlength("n"))))
    block = "\n".join("\n".join(textwrap.wrap(line, columns) or [""]) for line in text.split("\n"))
    align = out["align"]
    at = {"left": margin, "center": image.width / 2, "right": image.width - margin}.get(align, margin)
    anchor = {"left": "la", "center": "ma", "right": "ra"}.get(align, "la")
    box = pen.multiline_textbbox((at, 0), block, font=font, anchor=anchor, stroke_width=stroke)
    top = image.height - margin - box[3] if out["position"] == "bottom" else margin - box[1]
    colour = ImageColor.getrgb(out["color"])
    pen.multiline_text(
        (at, top), block, colour, font, anchor=anchor, align=align, stroke_width=stroke, stroke_fill="black"
    )
    return written
