"""The desk's pages about the vendor's own people and the tokens of its programs."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from posthouse.foundation.clock import now
from posthouse.people import access, actions, models, queries, scopes
from posthouse.people.forms.desk import TeamMemberForm, TeamRoleForm, TokenForm
from posthouse.people.models import TeamRole, as_team


@access.team()
def team(request: access.TeamRequest) -> HttpResponse:
    """The vendor's people; admins add to them here."""
    return _page(request, TeamMemberForm())


@access.team(TeamRole.ADMIN)
@require_POST
def add(request: access.TeamRequest) -> HttpResponse:
    """Let somebody into the desk; they get a mail."""
    form = TeamMemberForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.invite_team_member(**given, actor=as_team(request.member), language=request.user.language)
        except actions.Refused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("%(email)s may use the desk now and gets a mail.") % given)
            return redirect("desk-team")
    return _page(request, form, status=422)


@access.team(TeamRole.ADMIN)
@require_POST
def send_again(request: access.TeamRequest, user_id: int) -> HttpResponse:
    """Mail a member the way into the desk again."""
    member = _member(user_id)
    actions.send_welcome(member=member)
    messages.success(request, _("A new link is on its way to %(email)s.") % {"email": member.user.email})
    return redirect("desk-team")


@access.team(TeamRole.ADMIN)
@require_POST
def change_role(request: access.TeamRequest, user_id: int) -> HttpResponse:
    """Give a team member another role."""
    member = _member(user_id)
    form = TeamRoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return redirect("desk-team")
    try:
        actions.change_team_role(member=member, role=form.cleaned_data["role"], actor=as_team(request.member))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The role of %(name)s is changed.") % {"name": member})
    return redirect("desk-team")


@access.team(TeamRole.ADMIN)
def remove(request: access.TeamRequest, user_id: int) -> HttpResponse:
    """Take access to the desk away; asked once more before."""
    member = _member(user_id)
    if request.method != "POST":
        tokens = [token for token in member.tokens.all() if token.is_usable(now())]
        return render(request, "people/desk_team_remove.html", {"leaving": member, "tokens": tokens})
    try:
        actions.remove_team_member(member=member, actor=as_team(request.member))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(name)s can no longer use the desk.") % {"name": member})
    return redirect("desk-team")


@access.team()
def tokens(request: access.TeamRequest) -> HttpResponse:
    """The credentials of the vendor's programs."""
    return _tokens_page(request)


@access.team(TeamRole.ADMIN)
@never_cache
def new_token(request: access.TeamRequest) -> HttpResponse:
    """A new credential; its secret is in the answer to the form and nowhere else."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        token, secret = actions.make_token(
            owner=request.member, name=given["name"], scopes=given["scopes"], expires_at=given["expires_on"]
        )
        shown = {"token": token, "secret": secret, "header": f"Authorization: Bearer {secret}"}
        return render(request, "people/desk_token_made.html", shown)
    return render(request, "people/desk_token_form.html", {"form": form})


@access.team(TeamRole.ADMIN)
def revoke_token(request: access.TeamRequest, token_id: str) -> HttpResponse:
    """End a credential; asked once more before."""
    token = queries.tokens().filter(pk=token_id).first()
    if token is None:
        raise Http404
    if request.method != "POST":
        return render(request, "people/desk_token_revoke.html", {"token": token})
    actions.revoke_token(token=token, actor=as_team(request.member))
    messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
    return redirect("desk-tokens")


def _page(request: access.TeamRequest, form: TeamMemberForm, status: int = 200) -> HttpResponse:
    return render(
        request,
        "people/desk_team.html",
        {
            "form": form,
            "team": list(queries.team()),
            "roles": TeamRole.choices,
            "may_manage": request.member.role == TeamRole.ADMIN,
        },
        status=status,
    )


def _tokens_page(request: access.TeamRequest) -> HttpResponse:
    rows = [
        {"token": row, "usable": row.is_usable(now()), "scopes": [_scope(name) for name in row.scopes]}
        for row in queries.tokens()
    ]
    may_manage = request.member.role == TeamRole.ADMIN
    return render(request, "people/desk_tokens.html", {"rows": rows, "may_manage": may_manage})


def _scope(name: str) -> str:
    return _("Everything") if name == scopes.EVERYTHING else name


def _member(user_id: int) -> models.TeamMember:
    found = queries.team().filter(user_id=user_id).first() if user_id < 2**63 else None  # what ids can be
    if found is None:
        raise Http404
    return found
