"""The answers of a campaign as a file, with the filters of the page of results."""

from django.contrib import messages as flash
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from posthouse.people import access
from posthouse.surveys import queries
from posthouse.surveys.exporting import files
from posthouse.surveys.exporting.forms import FORMS, NoParquet
from posthouse.surveys.figures import wishes
from posthouse.surveys.handling import finding
from posthouse.surveys.views import wished


@access.team()
@require_GET
def export(request: access.TeamRequest, campaign_id: str, form: str) -> HttpResponseBase:
    """Everything that fits, comment or not; what cannot be is said on the page of results."""
    campaign = queries.campaign(campaign_id)
    if campaign is None or form not in FORMS:
        raise Http404
    what = finding.sought(request.GET)
    try:
        wish = wished.wish_of(request.GET)
        return files.file_of(request, campaign, what, form=form, since=wish.first, until=wish.last, where=wish.where)
    except wishes.Unreadable as fault:
        flash.error(request, str(fault))
    except NoParquet:
        flash.error(
            request,
            _("Parquet needs a library that is not installed here. Install it with: pip install 'posthouse[parquet]'"),
        )
    return redirect(f"{reverse('desk-survey-figures', args=[campaign.pk])}?{request.GET.urlencode()}")
