"""One comparison inside a JSON column, the same on SQLite and PostgreSQL.

The lookups of the ORM mix kinds of values (`1` and `true` are one to SQLite), so the SQL is written here. Every value
and every name travels as a parameter.
"""

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func
from django.db.models.sql.compiler import SQLCompiler

from posthouse.foundation.conditions.values import kind_of

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class InJson(Func):
    """One comparison of a member of a JSON column. `wanted` is the value as JSON, so that the parts can be hashed."""

    output_field = BooleanField()

    def __init__(self, column: str, path: tuple[str, ...], op: str, wanted: str) -> None:
        super().__init__(F(column))
        self.path, self.op, self.wanted = path, op, json.loads(wanted)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:  # type: ignore[override]  # nothing else of Func is used
        """The parts are repeated, so each brings its parameters along."""
        column, _none = compiler.compile(self.source_expressions[0])
        member = (_OnPostgres if connection.vendor == "postgresql" else _OnSqlite)(column, self.path)
        return getattr(self, f"_{self.op}", self._order)(member)

    def _is(self, member: "_Member") -> tuple[str, list[Any]]:
        return member.among([self.wanted])

    def _in(self, member: "_Member") -> tuple[str, list[Any]]:
        return member.among(self.wanted)

    def _exists(self, member: "_Member") -> tuple[str, list[Any]]:
        return member.exists()

    def _contains(self, member: "_Member") -> tuple[str, list[Any]]:
        listed, values = member.holds(self.wanted)
        if not isinstance(self.wanted, str):
            return listed, values
        found, more = member.text_at(self.wanted, "> 0")
        return f"({listed} OR {found})", [*values, *more]

    def _starts_with(self, member: "_Member") -> tuple[str, list[Any]]:
        return member.text_at(self.wanted, "= 1")

    def _order(self, member: "_Member") -> tuple[str, list[Any]]:
        return member.number(COMPARISONS[self.op], self.wanted)


class _OnSqlite:
    """SQL over one member, by json_type and json_extract."""

    def __init__(self, column: str, path: tuple[str, ...]) -> None:
        self.column = column
        self.path = "$" + "".join(f'."{name}"' for name in path)
        self.kind, self.value = f"json_type({column}, %s)", f"json_extract({column}, %s)"

    def among(self, choices: list[Any]) -> tuple[str, list[Any]]:
        return self._typed(self.kind, self.value, [self.path], choices)

    def _typed(self, kind: str, value: str, place: list[str], choices: list[Any]) -> tuple[str, list[Any]]:
        parts, values = ["0"], []
        for name, kinds in (("text", "'text'"), ("number", "'integer', 'real'")):
            if wanted := [choice for choice in choices if kind_of(choice) == name]:
                parts.append(f"({kind} IN ({kinds}) AND {value} IN ({', '.join(['%s'] * len(wanted))}))")
                values += [*place, *place, *wanted]
        for choice in (choice for choice in choices if kind_of(choice) == "truth"):
            parts.append(f"{kind} = %s")
            values += [*place, "true" if choice else "false"]
        return f"({' OR '.join(parts)})", values

    def holds(self, wanted: Any) -> tuple[str, list[Any]]:
        same, values = self._typed("m.type", "m.value", [], [wanted])
        members = f"EXISTS (SELECT 1 FROM json_each({self.column}, %s) AS m WHERE {same})"  # noqa: S608  column and kinds are ours
        return f"({self.kind} = 'array' AND {members})", [self.path, self.path, *values]

    def text_at(self, wanted: str, place: str) -> tuple[str, list[Any]]:
        return f"({self.kind} = 'text' AND instr({self.value}, %s) {place})", [self.path, self.path, wanted]

    def number(self, sign: str, wanted: float) -> tuple[str, list[Any]]:
        kinds = f"{self.kind} IN ('integer', 'real')"
        return f"({kinds} AND {self.value} {sign} %s)", [self.path, self.path, wanted]

    def exists(self) -> tuple[str, list[Any]]:
        filled = f"NOT ({self.kind} = 'text' AND {self.value} = '')"
        return f"({self.kind} <> 'null' AND {filled})", [self.path] * 3


class _OnPostgres:
    """SQL over one member as jsonb, whose equality keeps kinds apart and holds 1 and 1.0 for the same."""

    def __init__(self, column: str, path: tuple[str, ...]) -> None:
        self.path = list(path)
        self.member = f"({column} #> %s::text[])"
        self.kind = f"jsonb_typeof({self.member})"

    def among(self, choices: list[Any]) -> tuple[str, list[Any]]:
        marks = ", ".join(["%s::jsonb"] * len(choices))
        return f"({self.member} IN ({marks}))", [self.path, *map(json.dumps, choices)]

    def holds(self, wanted: Any) -> tuple[str, list[Any]]:
        holding = f"{self.member} @> %s::jsonb"
        return f"({self.kind} = 'array' AND {holding})", [self.path, self.path, json.dumps([wanted])]

    def text_at(self, wanted: str, place: str) -> tuple[str, list[Any]]:
        found = f"strpos({self.member} #>> '{{}}', %s) {place}"
        return f"({self.kind} = 'string' AND {found})", [self.path, self.path, wanted]

    def number(self, sign: str, wanted: float) -> tuple[str, list[Any]]:
        compared = f"{self.member} {sign} %s::jsonb"
        return f"({self.kind} = 'number' AND {compared})", [self.path, self.path, json.dumps(wanted)]

    def exists(self) -> tuple[str, list[Any]]:
        filled = f"{self.member} <> '\"\"'::jsonb"
        return f"({self.kind} <> 'null' AND {filled})", [self.path, self.path]


_Member = _OnSqlite | _OnPostgres
