"""The pictures and sounds of the page, which holds them as data."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils.core import publish_parts
from PIL import Image

WIDTH = 1600  # pixels, of a figure on the page
SOUNDS = 6e6  # bytes; if all sounds together are larger, the page only names their files
VOICES = {"target": "Target", "spiking": "Spiking twin", "rate": "Rate twin"}


def figures(images: Iterable[Path | str], texts: dict[int, dict[str, str]]) -> list[dict[str, Any]]:
    """Figures of the page.

    Parameters
    ----------
    images : paths of fig<number>.png
    texts : of `figures.texts.figure_texts`
    """
    shown = []
    for image in images:
        number = int(Path(image).stem.removeprefix("fig"))
        uri, (width, height) = picture(image)
        found = {"number": number, "image": uri, "width": width, "height": height}
        caption = as_html(texts[number]["caption"])
        shown.append(found | texts[number] | {"caption": caption})
    return shown


def picture(path: Path | str) -> tuple[str, tuple[int, int]]:
    """Data URI of a PNG, in all its colours and no wider than WIDTH, and its size in pixels."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if image.width > WIDTH:
        height = round(image.height * WIDTH / image.width)
        image = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return data_uri(buffer.getvalue(), "image/png"), image.size


def data_uri(content: bytes, kind: str) -> str:
    """Content as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def as_html(text: str) -> str:
    """Paragraphs of reStructuredText as HTML."""
    settings = {"file_insertion_enabled": False, "raw_enabled": False, "halt_level": 3}
    parts = publish_parts(text, writer="html5", settings_overrides=settings)
    fragment: str = parts["fragment"]
    return fragment.strip()


def sounds(paths: Iterable[Path | str]) -> list[dict[str, Any]]:
    """Sounds of the page; `audio` is None if they are too large for it."""
    contents = {Path(path): Path(path).read_bytes() for path in paths}
    small = sum(map(len, contents.values())) <= SOUNDS
    return [
        {
            "file": path.name,
            "title": VOICES[path.stem.rpartition("_")[2]],
            "audio": data_uri(content, "audio/wav") if small else None,
        }
        for path, content in contents.items()
    ]
