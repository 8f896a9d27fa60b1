"""The word for a value in a JSON column, the same in every database, for filters that people write as text."""

from typing import Any

from django.db.models import Func, TextField


class Word(Func):
    """The word for an attribute's value, empty for what is not known or has no one word.

    Names are compared whole, so that a number, a dot or a quotation mark in one is nothing special.
    """

    output_field = TextField()
    arity = 2

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Numbers without noughts at the end."""
        template = """(SELECT CASE jsonb_typeof(pair.value)
            WHEN 'string' THEN pair.value #>> '{}' WHEN 'boolean' THEN pair.value #>> '{}'
            WHEN 'number' THEN trim_scale((pair.value #>> '{}')::numeric)::text ELSE '' END
            FROM (SELECT %(expressions)s) AS pair (value))"""
        return super().as_sql(compiler, connection, template=template, arg_joiner=" -> ", **more)

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Whole numbers without a point."""
        template = """COALESCE((SELECT CASE pair.type
            WHEN 'text' THEN pair.value WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
            WHEN 'integer' THEN CAST(pair.value AS TEXT)
            WHEN 'real' THEN CASE WHEN pair.value = CAST(pair.value AS INTEGER)
                THEN CAST(CAST(pair.value AS INTEGER) AS TEXT) ELSE CAST(pair.value AS TEXT) END
            ELSE '' END FROM json_each(%(expressions)s)), '')"""
        return super().as_sql(
            compiler, connection, template=template, arg_joiner=") AS pair WHERE pair.key = (", **more
        )
