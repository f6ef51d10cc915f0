"""CIE Lab colours (D65): conversion, statistics, and lookup tables that change colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image, ImageFilter

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
Change = Callable[[Vector], Vector]

_TO_XYZ: Matrix = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_WHITE: Vector = (0.95047, 1.0, 1.08883)
_LINEAR = 0.008856
_GRID = 21
"""The steps of each colour in a lookup table; values in between are interpolated."""
_LOOKED_AT = 64
"""Statistics use at most this many pixels per side."""
_EYE: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def of_rgb(colour: Vector) -> Vector:
    """Lab of colours from 0 to 1.

    >>> [round(part, 1) for part in of_rgb((0.2, 0.5, 0.9))]
    [53.7, 12.2, -58.3]
    """
    linear = tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    x, y, z = (_root(part / white) for part, white in zip(times(_TO_XYZ, _vector(linear)), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def to_rgb(lab: Vector) -> Vector:
    """Colours from 0 to 1 of Lab values."""
    y = (lab[0] + 16) / 116
    roots = (y + lab[1] / 500, y, max(0.0, y - lab[2] / 200))
    parts = (part**3 if part > _LINEAR ** (1 / 3) else (part - 4 / 29) / 7.787 for part in roots)
    xyz = _vector([part * white for part, white in zip(parts, _WHITE, strict=True)])
    linear = (max(0.0, part) for part in times(_FROM_XYZ, xyz))
    return _vector(
        [min(1.0, 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055) for part in linear]
    )


def _root(part: float) -> float:
    return float(part ** (1 / 3)) if part > _LINEAR else 7.787 * part + 4 / 29


def changed(image: Image.Image, change: Change) -> Image.Image:
    """An RGB picture with its Lab colours changed."""
    return image.filter(
        ImageFilter.Color3DLUT.generate(_GRID, lambda red, green, blue: to_rgb(change(of_rgb((red, green, blue)))))
    )


def moments(images: Sequence[Image.Image]) -> tuple[Vector, Matrix]:
    """Mean and covariances of the Lab colours of RGB pictures, all weighted equally."""
    colours: list[Vector] = []
    for image in images:
        size = min(image.width, _LOOKED_AT), min(image.height, _LOOKED_AT)
        data = image.resize(size, Image.Resampling.NEAREST).tobytes()
        colours += [of_rgb((r / 255, g / 255, b / 255)) for r, g, b in zip(*[iter(data)] * 3, strict=True)]
    count = len(colours)
    mean = _vector([sum(column) / count for column in zip(*colours, strict=True)])
    columns = [
        [part - middle for part in column] for column, middle in zip(zip(*colours, strict=True), mean, strict=True)
    ]
    return mean, _matrix([[sum(map(_product, a, b)) / count for b in columns] for a in columns])


def moved(spread: Matrix, wanted: Matrix) -> Matrix:
    """The matrix that maps colours of one covariance to another with the least change (Monge-Kantorovich)."""
    root, inverse_root = _roots(_not_flat(spread))
    between, _ = _roots(_not_flat(product(product(root, wanted), root)))
    return product(product(inverse_root, between), inverse_root)


def times(matrix: Matrix, vector: Vector) -> Vector:
    """A matrix applied to a vector."""
    return _vector([sum(map(_product, row, vector)) for row in matrix])


def product(first: Matrix, second: Matrix) -> Matrix:
    """Two matrices, the second applied first."""
    columns = list(zip(*second, strict=True))
    return _matrix([[sum(map(_product, row, column)) for column in columns] for row in first])


def _not_flat(matrix: Matrix) -> Matrix:
    return _matrix([[part + (1e-4 if row == column else 0) for column, part in enumerate(parts)]
                    for row, parts in enumerate(matrix)])  # fmt: skip


def _roots(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """The square root of a positive matrix and its inverse, by the Denman-Beavers iteration."""
    root, inverse = matrix, _EYE
    for _ in range(40):
        root, inverse = _mean(root, _inverse(inverse)), _mean(inverse, _inverse(root))
    return root, inverse


def _mean(first: Matrix, second: Matrix) -> Matrix:
    return _matrix([[(a + b) / 2 for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)])


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    parts = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return _matrix([[part / whole for part in row] for row in parts])


def _product(first: float, second: float) -> float:
    return first * second


def _vector(parts: Sequence[float]) -> Vector:
    first, second, third = parts
    return first, second, third


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    first, second, third = map(_vector, rows)
    return first, second, third


_FROM_XYZ = _inverse(_TO_XYZ)
