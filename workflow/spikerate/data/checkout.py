"""Where the library finds the files of a checkout: the default config, schemas, studies."""

from __future__ import annotations

from pathlib import Path

# An installed library has these files at the same places below this folder.
_SHIPPED = Path(__file__).parents[1] / "shipped"
CHECKOUT = _SHIPPED if _SHIPPED.exists() else Path(__file__).parents[3]
