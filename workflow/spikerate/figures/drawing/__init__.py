"""The drawings: each takes datasets and returns a figure; none simulates or reads files."""

import contextlib
import os
import sys
from pathlib import Path


def _import_matplotlib() -> None:
    """Import matplotlib, without the user's settings for it if they are an error here.

    The settings may name a notebook's backend or a locale that this environment lacks.
    """
    try:
        import matplotlib
    except Exception:
        for name in [n for n in sys.modules if n.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]  # half imported
        earlier = os.environ.copy()
        os.environ.pop("MPLBACKEND", None)
        os.environ["MATPLOTLIBRC"] = os.devnull
        with contextlib.chdir(Path(__file__).parent):  # no matplotlibrc lies there
            import matplotlib  # noqa: F401
        os.environ.clear()
        os.environ.update(earlier)


_import_matplotlib()
