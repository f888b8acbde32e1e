"""Where the library finds what it reads of a checkout: the default config, schemas, studies."""

from __future__ import annotations

from pathlib import Path

# What an installed library carries of a checkout, at the same places below a folder of its own.
_SHIPPED = Path(__file__).parents[1] / "shipped"
CHECKOUT = _SHIPPED if _SHIPPED.exists() else Path(__file__).parents[3]
