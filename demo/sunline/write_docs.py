"""`python -m sunline.write_docs`: writes docs/<language>/errors.md from errors.toml."""

from sunline.docs import FOLDER
from sunline.errors import CODES, LANGUAGES, ErrorCode

_HEAD = {
    "en": """# Errors

When Sunline cannot answer, it says why in [problem details](https://www.rfc-editor.org/rfc/rfc9457). Let your program
decide by `code`: titles and details are for people and may change.

```json
{
  "type": "https://api.sunline.example/docs/en/errors#date-invalid",
  "title": "The date cannot be read",
  "status": 400,
  "detail": "“22/11/2026” is not written YYYY-MM-DD, such as 2026-11-22.",
  "code": "date-invalid",
  "instance": "/v1/sun",
  "parameter": "date"
}
```

Retry only after `429` and `503`, when `Retry-After` has passed, and a few times after `500`. Everything else fails
again until the call is changed.
""",
    "es": """# Errores

Cuando Sunline no puede responder, dice por qué en [problem details](https://www.rfc-editor.org/rfc/rfc9457). Deja que
tu programa decida por `code`: los títulos y detalles son para personas y pueden cambiar. Las respuestas van en inglés;
aquí está cada código en español.

```json
{
  "type": "https://api.sunline.example/docs/en/errors#date-invalid",
  "title": "The date cannot be read",
  "status": 400,
  "detail": "“22/11/2026” is not written YYYY-MM-DD, such as 2026-11-22.",
  "code": "date-invalid",
  "instance": "/v1/sun",
  "parameter": "date"
}
```

Repite solo después de `429` y `503`, cuando haya pasado `Retry-After`, y unas pocas veces después de `500`. Todo lo
demás volverá a fallar hasta que cambies la llamada.
""",
}
_MEND = {"en": "What to do", "es": "Qué hacer"}


def errors_page(language: str) -> str:
    """The Markdown of the page of errors."""
    return "\n".join([_HEAD[language], *(_section(code, language) for code in CODES.values())])


def main() -> None:
    """Writes the page in every language."""
    for language in LANGUAGES:
        (FOLDER / language / "errors.md").write_text(errors_page(language), "utf-8")


def _section(code: ErrorCode, language: str) -> str:
    words = code.words[language]
    return (
        f"## {code.code}\n\n**{words.title}** (`{code.status}`). {words.description}\n\n"
        f"{_MEND[language]}: {words.fix}\n"
    )


if __name__ == "__main__":
    main()
