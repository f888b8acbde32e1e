"""The report of a study: one self-contained HTML page from a Jinja2 template."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from spikerate.figures.names import readable
from spikerate.report.verdicts import minus

GREEK = {"alpha": "\N{GREEK SMALL LETTER ALPHA}", "lambda": "\N{GREEK SMALL LETTER LAMDA}"}


def render(template: str, **parts: object) -> str:
    """Page made from the text of a template and the values that it uses."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"slug": _slug, "greek": _greek, "minus": minus}
    environment.filters |= {"readable": readable, "sentence": _sentence}
    return environment.from_string(template).render(**parts)


def _sentence(text: str) -> str:
    return readable(text[:1].upper() + text[1:])


def _slug(words: str) -> str:
    return words.replace(" ", "-")


def _greek(text: str) -> str:
    for word, letter in GREEK.items():
        text = text.replace(f"{word} ", f"{letter} ").replace(f"{word}/", f"{letter}/")
        text = text.replace(f"{word})", f"{letter})").replace(f"{word}:", f"{letter}:")
    return text
