"""The texts about each figure of a study."""

from __future__ import annotations

from spikerate.figures import scale
from spikerate.figures.figure import Config
from spikerate.figures.registry import FIGURES


def figure_texts(config: Config, full: Config) -> dict[int, dict[str, str]]:
    """Title, alt text, caption and scale of each figure, by number.

    Parameters
    ----------
    config, full : configs of this study and of the study `paper`
    """
    return {
        number: {
            "title": about.title,
            "alt": about.alt,
            "caption": about.caption,
            "scale": scale.sentence(about.scale(config), about.scale(full)),
        }
        for number, about in ((n, figure.about) for n, figure in FIGURES.items())
    }
