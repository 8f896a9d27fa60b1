"""What the team changes about themes: names, merging, hiding, and answers that were put under the wrong one."""

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys.models import Response
from posthouse.surveys.texts import Invalid, check_text
from posthouse.surveys.theme_models import ThemeCorrection, ThemeSetting
from posthouse.surveys.themes import events
from posthouse.surveys.themes.lexicon import KEYS, NAMES
from posthouse.timeline.actions import record

LONGEST_NAME = 40


class Shown:
    """How themes are shown: names, and under which one the answers of each stand. One query."""

    def __init__(self) -> None:
        self.settings = {row.key: row for row in ThemeSetting.objects.all()}

    def name(self, key: str) -> str:
        """What it is called, in the language of the page unless the team named it."""
        setting = self.settings.get(key)
        return setting.name if setting and setting.name else str(NAMES[key])

    def target(self, key: str) -> str:
        """The theme under which answers about a topic stand."""
        for _step in KEYS:
            setting = self.settings.get(key)
            if setting is None or not setting.merged_into:
                break
            key = setting.merged_into
        return key

    def is_hidden(self, key: str) -> bool:
        """Whether the team does not want to see it."""
        setting = self.settings.get(key)
        return setting is not None and setting.hidden


@transaction.atomic
def change_theme(
    *,
    key: str,
    name: str | None = None,
    merged_into: str | None = None,
    hidden: bool | None = None,
    actor: str = "",
) -> ThemeSetting:
    """Change what is given. Announces SurveyThemeChanged if anything did.

    Raises Invalid for a name that cannot be, and for merging into what is itself, unknown, or merged into this.
    """
    setting, _made = ThemeSetting.objects.select_for_update().get_or_create(key=key)
    was = (setting.name, setting.merged_into, setting.hidden)
    if name is not None:
        setting.name = check_text(name, LONGEST_NAME, "/name")
        if setting.name and not setting.name.isprintable():
            raise Invalid("/name", _("It holds characters that cannot be kept."))
    if merged_into is not None:
        if merged_into and (merged_into not in KEYS or Shown().target(merged_into) == key):
            raise Invalid("/merged_into", _("A theme is merged into another one."))
        setting.merged_into = merged_into
    if hidden is not None:
        setting.hidden = hidden
    if (setting.name, setting.merged_into, setting.hidden) != was:
        setting.save()
        changed = events.SurveyThemeChanged(
            key=key, name=setting.name, merged_into=setting.merged_into, hidden=setting.hidden
        )
        record(changed, actor=actor)
    return setting


@transaction.atomic
def correct(*, response: Response, key: str, about: bool | None, actor: str = "") -> None:
    """Say whether an answer is about a topic; None: its words decide again. The same again changes nothing.

    Announces SurveyThemeCorrected.
    """
    Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    mine = ThemeCorrection.objects.filter(response=response, key=key)
    if mine.values_list("about", flat=True).first() == about:
        return
    mine.delete()
    if about is not None:
        ThemeCorrection.objects.create(response=response, key=key, about=about, at=now(), by=actor)
    corrected = events.SurveyThemeCorrected(
        customer_id=response.customer_id,
        contact_id=response.contact_id or "",
        campaign_id=response.campaign_id,
        response_id=response.pk,
        key=key,
        about=about,
    )
    record(corrected, actor=actor)
