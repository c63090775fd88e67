"""A page of HTML that needs nothing but itself: headings, tables, formulas as MathML, figures, and parts that unfold.

Every function gives HTML; texts from outside are escaped where they enter (``text``, ``heading``, ``paragraph``).
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from gamma_calc.errors import ConfigError

STYLE: Final = """
:root { color-scheme: light; }
body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; color: #111; background: #fff;
       max-width: 46rem; margin: 0 auto; padding: 0 0.75rem 3rem; overflow-wrap: break-word; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #bbb; }
h3 { font-size: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
caption { text-align: left; font-weight: bold; padding: 0.3rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.8rem 0.25rem 0; border-top: 1px solid #ddd; }
math { font-size: 1.05em; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
details { overflow-x: auto; border-left: 3px solid #9dc3de; padding-left: 0.7rem; margin: 0.4rem 0; }
summary { cursor: pointer; } summary math { pointer-events: none; }
.confirmed { color: #00583f; } .refuted { color: #9c2f00; font-weight: bold; } .undecided { color: #5a4700; }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """The whole file.

    >>> page("Orders", [paragraph("a < b")]).splitlines()[-3:]
    ['<p>a &lt; b</p>', '</body>', '</html>']
    """
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
    icon = '<link rel="icon" href="data:,">'  # else a browser asks a server for one
    body = "\n".join((f"<h1>{text(title)}</h1>", *parts))
    top = f"<title>{text(title)}</title>\n{icon}\n<style>{STYLE}</style>"
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n{top}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def text(words: str) -> str:
    """Words as HTML."""
    return escape(words)


def heading(words: str, level: int = 2) -> str:
    """A heading of a section."""
    return f"<h{level}>{escape(words)}</h{level}>"


def paragraph(words: str) -> str:
    """A paragraph of plain words."""
    return f"<p>{escape(words)}</p>"


def points(items: Iterable[str]) -> str:
    """A list of pieces of HTML."""
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<ul>\n{listed}\n</ul>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], caption: str = "") -> str:
    """A table of pieces of HTML under heads of plain words; one that is too wide scrolls by itself."""
    title = f"<caption>{escape(caption)}</caption>\n" if caption else ""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>\n{title}<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
    )


def unfolding(summary: str, parts: Iterable[str]) -> str:
    """A part that shows its summary alone until it is opened; both are pieces of HTML."""
    body = "\n".join(parts)
    return f"<details>\n<summary>{summary}</summary>\n{body}\n</details>"


def formula(latex: str) -> str:
    r"""LaTeX, without dollar signs, as MathML. Raises ConfigError where the converter is not installed."""
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        raise ConfigError("a report needs latex2mathml", hint="pip install 'gamma-calc[report]'") from error
    mathml: str = convert(latex)
    return mathml


def picture(svg: str, description: str) -> str:
    """An SVG with a description for those who cannot see it."""
    drawn = svg[svg.index("<svg") :]
    return f'<figure role="img" aria-label="{escape(description)}">\n{drawn}\n</figure>'
