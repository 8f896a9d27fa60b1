"""The one language of conditions: on an event, its contact, its customer, and what happened before.

    {"field": "event.data.plan", "op": "is", "value": "pro"}
    {"all": [CONDITION, …]}   {"any": [CONDITION, …]}   {"not": CONDITION}
    {"happened": "call.first", "times": 1, "within": "P7D", "where": CONDITION ON THE EVENT}

`check` refuses what is malformed, with the place; `predicate` judges facts at hand; `query` asks the database; `words`
says it to people. Nothing (None, {}) is always true. Predicate and query give the same answer on SQLite and PostgreSQL:

- a field that is absent, null or an empty text has no value: `missing` is true, everything else but `is ""` is false;
- values are compared with their own kind alone: `1` is `1.0`, but neither `"1"` nor `true`;
- `not`, `is_not` and `not_in` are plain negations: true also where there is no value;
- text is compared letter by letter, upper and lower case differ; `contains` looks for a part of a text or a member of
  a list; greater and less are for numbers; before and after are for moments (a day or a time without a zone is UTC).
"""

from posthouse.foundation.conditions.asking import Unqueryable, prefilter, query
from posthouse.foundation.conditions.checking import Condition, Invalid, check, event_types, fields
from posthouse.foundation.conditions.facts import MISSING, Facts, Known, dig
from posthouse.foundation.conditions.judging import predicate
from posthouse.foundation.conditions.wording import words

__all__ = [
    "MISSING",
    "Condition",
    "Facts",
    "Invalid",
    "Known",
    "Unqueryable",
    "check",
    "dig",
    "event_types",
    "fields",
    "predicate",
    "prefilter",
    "query",
    "words",
]
