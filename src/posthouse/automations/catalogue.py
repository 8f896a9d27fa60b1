"""What can be chosen in the editor, and what keys are called in sentences; each asked for once per page."""

from posthouse.automations.editing import Choices
from posthouse.automations.event_words import EVENTS
from posthouse.automations.places import journeys
from posthouse.automations.ready import shipped
from posthouse.automations.sentences import Names, event_words, title
from posthouse.foundation.conditions.wording import NAMES, field
from posthouse.messages import queries as messages
from posthouse.people import queries as people
from posthouse.surveys import queries as surveys
from posthouse.timeline.events import catalogue


def names() -> Names:
    """What keys are called, in the language of the page."""
    places = journeys()
    return Names(
        templates=template_names(),
        journeys={place.key: title(place.name) for place in places},
        steps={f"{place.key}/{key}": title(words) for place in places for key, words in place.steps},
        people={member.user_id: str(member) for member in people.team()},
        campaigns=surveys.campaign_names(),
    )


def choices() -> Choices:
    """What the editor offers."""
    known = names()
    return Choices(
        events=event_choices(),
        fields=field_choices(),
        templates=tuple(known.templates.items()),
        journeys=tuple(known.journeys.items()),
        steps=tuple((key, _step_name(known, key)) for key in known.steps),
        people=tuple((str(user_id), name) for user_id, name in known.people.items()),
        campaigns=tuple(known.campaigns.items()),
    )


def template_names() -> dict[str, str]:
    """The mails that automations can send: ours, by the name of what sends them, and those made on the desk."""
    ours = {mail: title(one.body["name"]) for one in shipped() for mail in one.mails}
    return ours | {key: key for key in messages.template_keys() if "/" not in key}


def event_choices() -> tuple[tuple[str, str], ...]:
    """Every kind of event that the house announces, or that the journeys wait for, with its name."""
    return tuple((type_, event_words(type_)) for type_ in sorted({*catalogue, *EVENTS}))


def field_choices() -> tuple[tuple[str, str], ...]:
    """Every field that conditions can ask for by name, and those in the data of our own events."""
    data = {f"event.data.{name}" for kind in catalogue.values() for name in kind.data_fields()}
    return tuple((name, str(field(name))) for name in [*NAMES, *sorted(data)])


def _step_name(known: Names, place: str) -> str:
    return f"{known.journeys[place.partition('/')[0]]}: {known.steps[place]}"
