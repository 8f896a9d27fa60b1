"""Additional questions of a campaign, as data: up to ten, each with a condition; and what may be answered to them.

    {"id": "plan", "kind": "one_of", "text": {"en": …}, "options": [{"id": "a", "text": {"en": …}}],
     "required": false, "when": {"groups": ["low"], "scores": [0, 1], "question": "other", "any_of": ["x"]}}

Kinds: `text`, `scale` (with `lowest` and `highest`), `one_of` and `many_of` (with options). Of `when` everything that
is given must hold; `question` names an earlier one whose answer must be, or hold, one of `any_of`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from posthouse.surveys.scales import Group
from posthouse.surveys.texts import COMMENT_LENGTH, LANGUAGE, Invalid, check_text

MOST_QUESTIONS = 10
MOST_OPTIONS = 20
KINDS = ("text", "scale", "one_of", "many_of")
CHOOSING = ("one_of", "many_of")
MEMBERS = {"id", "kind", "text", "options", "required", "when", "lowest", "highest"}
CONDITIONS = {"groups", "scores", "question", "any_of"}
NAME = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
QUESTION_LENGTH = 300
OPTION_LENGTH = 120
LOWEST, HIGHEST = 0, 10

Question = Mapping[str, Any]


def check_questions(questions: Any, place: str = "/questions") -> list[dict[str, Any]]:
    """The questions in one form. Raises Invalid."""
    if not isinstance(questions, list):
        raise Invalid(place, _("The questions are a list."))
    if len(questions) > MOST_QUESTIONS:
        raise Invalid(place, _("At most %(count)d additional questions.") % {"count": MOST_QUESTIONS})
    found: list[dict[str, Any]] = []
    for number, question in enumerate(questions):
        found.append(_check_question(question, found, f"{place}/{number}"))
    return found


def _check_question(question: Any, earlier: list[dict[str, Any]], place: str) -> dict[str, Any]:
    _members(question, MEMBERS, place)
    name, kind = question.get("id"), question.get("kind")
    _name(name, {one["id"] for one in earlier}, f"{place}/id")
    if kind not in KINDS:
        raise Invalid(f"{place}/kind", _("This is one of: %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    found = {"id": name, "kind": kind, "text": _spoken(question.get("text"), QUESTION_LENGTH, f"{place}/text")}
    if kind in CHOOSING:
        found["options"] = _check_options(question.get("options"), f"{place}/options")
    if kind == "scale":
        found |= _check_ends(question, place)
    if not isinstance(question.get("required", False), bool):
        raise Invalid(f"{place}/required", _("This is true or false."))
    found["required"] = question.get("required", False)
    when = _check_when(question.get("when") or {}, earlier, f"{place}/when")
    return found | ({"when": when} if when else {})


def _members(value: Any, known: set[str], place: str) -> None:
    if not isinstance(value, Mapping):
        raise Invalid(place, _("This is an object."))
    for name in value:
        if name not in known:
            raise Invalid(f"{place}/{name}"[:100], _("This is not known here."))


def _name(name: Any, taken: set[str], place: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Invalid(place, _("An id is up to 40 small letters, digits and underscores."))
    if name in taken:
        raise Invalid(place, _("This id is taken already."))


def _spoken(text: Any, length: int, place: str) -> dict[str, str]:
    if not isinstance(text, Mapping) or not text:
        raise Invalid(place, _("This is an object of texts by language."))
    found = {}
    for code, words in text.items():
        if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
            raise Invalid(f"{place}/{code}"[:100], _("A language is written like en, es or pt-BR."))
        found[code] = check_text(words, length, f"{place}/{code}")
        if not found[code]:
            raise Invalid(f"{place}/{code}", _("This is needed in every language."))
    return found


def _check_options(options: Any, place: str) -> list[dict[str, Any]]:
    if not isinstance(options, list) or not 2 <= len(options) <= MOST_OPTIONS:
        raise Invalid(place, _("There are between 2 and %(count)d options.") % {"count": MOST_OPTIONS})
    found: list[dict[str, Any]] = []
    for number, option in enumerate(options):
        here = f"{place}/{number}"
        _members(option, {"id", "text"}, here)
        _name(option.get("id"), {one["id"] for one in found}, f"{here}/id")
        found.append({"id": option["id"], "text": _spoken(option.get("text"), OPTION_LENGTH, f"{here}/text")})
    return found


def _check_ends(question: Question, place: str) -> dict[str, int]:
    ends: dict[str, Any] = {name: question.get(name) for name in ("lowest", "highest")}
    for name, end in ends.items():
        if not is_whole(end) or not LOWEST <= end <= HIGHEST:
            raise Invalid(f"{place}/{name}", _("This is a whole number from 0 to 10."))
    if ends["lowest"] >= ends["highest"]:
        raise Invalid(f"{place}/highest", _("The highest is above the lowest."))
    return ends


def _check_when(when: Any, earlier: list[dict[str, Any]], place: str) -> dict[str, Any]:
    _members(when, CONDITIONS, place)
    found: dict[str, Any] = {}
    if when.get("groups"):
        found["groups"] = _list_of(when["groups"], Group.values, f"{place}/groups")
    if when.get("scores"):
        found["scores"] = _list_of(when["scores"], list(range(11)), f"{place}/scores")
    if when.get("question"):
        asked = next((one for one in earlier if one["id"] == when["question"]), None)
        if asked is None or asked["kind"] == "text":
            raise Invalid(f"{place}/question", _("This is the id of an earlier question that is not free text."))
        found |= {"question": asked["id"], "any_of": _list_of(when.get("any_of"), possible(asked), f"{place}/any_of")}
    return found


def _list_of(value: Any, allowed: Sequence[Any], place: str) -> list[Any]:
    known = {(type(one), one) for one in allowed}
    if (
        not isinstance(value, list)
        or not value
        or any(not _hashable(one) or (type(one), one) not in known for one in value)
    ):
        raise Invalid(place, _("This is a list of: %(names)s.") % {"names": ", ".join(str(one) for one in allowed)})
    return list(dict.fromkeys(value))


def _hashable(value: Any) -> bool:
    return isinstance(value, str | int)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, and not a truth value, which Python counts among them."""
    return isinstance(value, int) and not isinstance(value, bool)


def possible(question: Question) -> list[Any]:
    """What can be answered to a question that is not free text: scores, or ids of options."""
    if question["kind"] == "scale":
        return list(range(question["lowest"], question["highest"] + 1))
    return [option["id"] for option in question.get("options", ())]


def asked(questions: Sequence[Question], *, score: int, group: str, answers: Mapping[str, Any]) -> list[Question]:
    """The questions whose conditions hold; an answer to a question that is not asked counts for nothing."""
    found: list[Question] = []
    counted: dict[str, Any] = {}
    for question in questions:
        if _holds(question.get("when") or {}, score, group, counted):
            found.append(question)
            if question["id"] in answers:
                counted[question["id"]] = answers[question["id"]]
    return found


def _holds(when: Mapping[str, Any], score: int, group: str, answers: Mapping[str, Any]) -> bool:
    if "groups" in when and group not in when["groups"]:
        return False
    if "scores" in when and score not in when["scores"]:
        return False
    if "question" in when:
        given = answers.get(when["question"])
        return (
            bool({given} & set(when["any_of"]))
            if not isinstance(given, list)
            else bool(set(given) & set(when["any_of"]))
        )
    return True


def check_answers(
    questions: Sequence[Question],
    answers: Any,
    *,
    score: int,
    group: str,
    seen: frozenset[str] | None = None,
    place: str = "/answers",
) -> dict[str, Any]:
    """The answers to those questions that are asked, without empty ones. Raises Invalid.

    `seen` are the questions that were on the page: a required one that came up only through these answers may wait.
    """
    if not isinstance(answers, Mapping):
        raise Invalid(place, _("This is an object."))
    known = {question["id"] for question in questions}
    for name in answers:
        if name not in known:
            raise Invalid(f"{place}/{name}"[:100], _("There is no such question."))
    found: dict[str, Any] = {}
    for question in asked(questions, score=score, group=group, answers=answers):
        value = check_answer(question, answers.get(question["id"]), f"{place}/{question['id']}")
        if value not in (None, "", []):
            found[question["id"]] = value
        elif question["required"] and (seen is None or question["id"] in seen):
            raise Invalid(f"{place}/{question['id']}", _("Please answer this."))
    return found


def check_answer(question: Question, value: Any, place: str) -> Any:
    """One answer in the form its kind of question has; nothing is nothing. Raises Invalid."""
    if value is None:
        return None
    if question["kind"] == "text":
        return check_text(value, COMMENT_LENGTH, place)
    allowed = possible(question)
    if question["kind"] == "many_of":
        if value == []:
            return []
        return sorted(_list_of(value, allowed, place), key=allowed.index)
    return _list_of([value], allowed, place)[0]
