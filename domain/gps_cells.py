"""Cells of about a hundred metres a side that cover the Earth, so that images of one place share a group.

The arithmetic: on a sphere of the Earth's mean radius, R = (2a + b) / 3 = 6,371,008.8 m (Moritz, Geodetic Reference
System 1980), a degree of latitude is pi R / 180 = 111,195 m, and a degree of longitude that times the cosine of the
latitude. From pole to pole there are rows of equal height, and each row is cut into as many cells of equal width as
make them 100 m wide at the row's middle: 400,302 at the equator, three in a row at a pole. Rows and columns divide the
Earth without a rest, so the date line is an edge between cells, and longitudes of -180 and 180 degrees are one. On the
ellipsoid a degree of latitude is 110,574 m at the equator and 111,694 m at the poles: cells are up to 0.6 per cent off.
"""

from __future__ import annotations

import math

CELL_METRES = 100.0
EARTH_RADIUS_METRES = 6_371_008.8

_ROWS = round(math.pi * EARTH_RADIUS_METRES / CELL_METRES)
"""From pole to pole."""


def gps_cell(latitude: float | None, longitude: float | None) -> str | None:
    """The name of the cell that holds a position in degrees; None without a position on Earth."""
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and math.isfinite(longitude)):
        return None
    row = min(int((latitude + 90) / 180 * _ROWS), _ROWS - 1)
    columns = _columns(row)
    # Rounding can bring a longitude just below a whole turn up to it.
    column = min(int((longitude + 180) % 360 / 360 * columns), columns - 1)
    return f"gps:{row}:{column}"


def _columns(row: int) -> int:
    """Cells around the Earth in that row."""
    middle = math.radians((row + 0.5) / _ROWS * 180 - 90)
    return round(2 * math.pi * EARTH_RADIUS_METRES * math.cos(middle) / CELL_METRES)
