"""``/docs``: the OpenAPI document as one page, without scripts and without requests to other hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from ryla_graphs.server.threads import in_thread

router = APIRouter()

CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,.method{font-family:ui-monospace,monospace;font-size:.9em}
details{border:1px solid #8886;border-radius:6px;margin:.4rem 0}
summary{cursor:pointer;padding:.4rem .7rem}details>div{padding:0 .9rem .6rem}
.method{display:inline-block;min-width:4.2em;font-weight:700;text-transform:uppercase}
table{border-collapse:collapse;width:100%;font-size:.93em}
td,th{border-top:1px solid #8884;padding:.25rem .5rem;text-align:left;vertical-align:top}h2{margin-top:2rem}
"""


@router.get("/docs", include_in_schema=False)
async def show_docs(request: Request) -> Response:
    """All routes, their parameters and their answers."""
    page = await in_thread(_written, request.app, request.scope.get("root_path", ""))
    headers = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _written(app: FastAPI, root: str) -> str:
    return "".join(_page(app.openapi(), root))


@router.get("/openapi.json", include_in_schema=False)
async def show_document(request: Request) -> Response:
    """The OpenAPI document, for programs. Built in a thread, because it loads every preset."""
    return await in_thread(_as_json, request.app)


def _as_json(app: FastAPI) -> Response:
    return JSONResponse(app.openapi())


def _page(api: Mapping[str, Any], root: str) -> Iterator[str]:
    info = api["info"]
    title = f"{_text(info['title'])} {_text(info['version'])}"
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
    yield f"<p>{_words(info.get('description', ''))}</p>"
    yield f'<p>For programs: <a href="{escape(root)}/openapi.json">openapi.json</a></p>'
    groups: dict[str, list[str]] = {}
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            tag = next(iter(operation.get("tags", ())), "other")
            tag = f"{tag} (Comfy API v2)" if path.startswith("/api/v2") else tag
            groups.setdefault(tag, []).append("".join(_operation(path, method, operation)))
    for tag, rows in groups.items():
        yield f"<h2>{_text(tag.capitalize())}</h2>{''.join(rows)}"
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(api["components"]["schemas"].items()):
        yield from _schema(name, schema)
    yield "</body></html>"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    name = _text(operation["operationId"])
    yield f'<details id="{name}"><summary><span class="method">{_text(method)}</span> <code>{_text(path)}</code> '
    yield f"{_text(operation.get('summary', ''))}</summary><div><p>{_words(operation.get('description', ''))}</p>"
    rows = [
        (f"{each['in']} <code>{_text(each['name'])}</code>", _kind(each["schema"]), _words(_said(each)))
        for each in operation.get("parameters", ())
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        rows.append((f"body <code>{_text(media)}</code>", _kind(content.get("schema", {})), ""))
    yield from _table(("takes", "type", ""), rows)
    answers = [
        (_text(status), " or ".join(_media(answer)), _words(answer.get("description", "")))
        for status, answer in operation["responses"].items()
    ]
    yield from _table(("answers", "type", ""), answers)
    yield "</div></details>"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="{_text(name)}"><summary><code>{_text(name)}</code></summary><div>'
    yield f"<p>{_words(schema.get('description', ''))}</p>"
    needed = schema.get("required", ())
    rows = [
        (f"<code>{_text(field)}</code>{'' if field in needed else ' (optional)'}", _kind(facts), _words(_said(facts)))
        for field, facts in schema.get("properties", {}).items()
    ]
    yield from _table(("field", "type", ""), rows)
    yield "</div></details>" if rows else f"<p>{_kind(schema)}</p></div></details>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are HTML already; nothing if there are no rows."""
    if rows:
        yield f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
        yield from (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        yield "</table>"


def _media(answer: Mapping[str, Any]) -> list[str]:
    kinds = [_kind(content["schema"]) for content in answer.get("content", {}).values() if content.get("schema")]
    return list(dict.fromkeys(kinds))


def _said(facts: Mapping[str, Any]) -> str:
    schema = facts.get("schema", facts)
    usual = f"by default `{schema['default']}`" if schema.get("default") not in (None, "", [], {}) else ""
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    bounds = f"{lowest} to {highest}" if lowest is not None and highest is not None else ""
    return "; ".join(filter(None, (facts.get("description", ""), bounds, usual)))


def _kind(schema: Mapping[str, Any]) -> str:
    """A short name of a type, as HTML; a model becomes a link to its table."""
    if "$ref" in schema:
        name = _text(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_kind, choices)))
    if "enum" in schema:
        return ", ".join(f"<code>{_text(value)}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{_text(schema['const'])}</code>"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return _text(" ".join(filter(None, (schema.get("type", "anything"), schema.get("format", "")))))


def _words(text: str) -> str:
    """Prose as HTML; text between backticks becomes code."""
    parts = _text(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _text(value: Any) -> str:
    return escape(str(value))
