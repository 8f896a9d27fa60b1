"""What people of the team are to do: lists, one task, and what can be done with it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from posthouse.automations import actions, queries
from posthouse.automations.forms import CommentForm, TaskForm
from posthouse.automations.models import Task
from posthouse.automations.people_of import people_of
from posthouse.automations.views.common import Request, actor_of
from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people import queries as people

SHOWS = ("mine", "all", "due", "done")


@access.team()
@require_GET
def listed(request: Request) -> HttpResponse:
    """Mine, everybody's, those overdue, those done."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "mine"
    rows = queries.tasks(is_open=show != "done", assignee=request.user.pk if show == "mine" else None)
    if show == "due":
        rows = rows.filter(due_at__lte=now())
    page = page_of(request, rows.order_by("-done_at") if show == "done" else rows)
    mine = queries.tasks(is_open=True, assignee=request.user.pk).count()
    return render(
        request,
        "automations/tasks.html",
        {
            "page": page,
            "show": show,
            "mine": mine,
            "unassigned": queries.tasks(is_open=True).filter(assignee=None).count(),
            "team": _team(),
            "people": people_of(page),
            "now": now(),
            "may_write": access.may_write(request),
        },
    )


@access.team()
@require_GET
def one(request: Request, task_id: str) -> HttpResponse:
    """One task, why it is there, and what was said about it."""
    return _page(request, _task(task_id), CommentForm())


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """A task made by hand, perhaps about a customer."""
    customer_id = (request.POST if request.method == "POST" else request.GET).get("customer", "")
    customer = people.customer(customer_id) if customer_id else None
    if customer_id and customer is None:
        raise Http404
    form = TaskForm(request.POST or None, team=_team(), initial={"assignee": request.user.pk})
    if request.method == "POST" and form.is_valid():
        task = actions.open_task(
            title=form.cleaned_data["title"],
            assignee=form.cleaned_data["assignee"],
            due_on=form.cleaned_data["due_on"],
            customer_id=customer.pk if customer else "",
            actor=actor_of(request),
        )
        messages.success(request, _("The task is made."))
        return redirect("desk-task", task.pk)
    context = {"form": form, "customer": customer}
    return render(request, "automations/task_form.html", context, status=422 if form.errors else 200)


@access.team(*access.TEAM_WRITERS)
@require_POST
def assign(request: Request, task_id: str) -> HttpResponse:
    """Give it to somebody, or to nobody in particular."""
    task, team = _task(task_id), _team()
    text = request.POST.get("assignee", "")
    assignee = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if text and assignee not in team:
        messages.error(request, _("There is nobody of this name in the team."))
    else:
        actions.assign_task(task=task, assignee=assignee)
        name = team.get(assignee or 0, "")
        messages.success(
            request, _("It is for %(name)s now.") % {"name": name} if name else _("Whoever takes it does it.")
        )
    return redirect(_back(request, task))


@access.team(*access.TEAM_WRITERS)
@require_POST
def done(request: Request, task_id: str) -> HttpResponse:
    """Tick it off; one click takes that back."""
    task = _task(task_id)
    if actions.complete_task(task=task, actor=actor_of(request)):
        messages.success(request, _("Done: %(title)s") % {"title": task.words})
    return redirect(_back(request, task))


@access.team(*access.TEAM_WRITERS)
@require_POST
def undo(request: Request, task_id: str) -> HttpResponse:
    """It is not done after all."""
    task = _task(task_id)
    if actions.reopen_task(task=task):
        messages.success(request, _("It is open again."))
    return redirect(_back(request, task))


@access.team(*access.TEAM_WRITERS)
@require_POST
def comment(request: Request, task_id: str) -> HttpResponse:
    """Say something about it."""
    task, form = _task(task_id), CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, task, form, status=422)
    actions.comment_on_task(task=task, text=form.cleaned_data["text"], actor=actor_of(request))
    return redirect(reverse("desk-task", args=[task.pk]) + "#comments")


def _page(request: Request, task: Task, form: CommentForm, status: int = 200) -> HttpResponse:
    comments = list(task.comments.order_by("pk"))
    context: dict[str, Any] = {
        "task": task,
        "comments": comments,
        "actors": people.actor_names({row.actor for row in comments} | {task.done_by}),
        "team": _team(),
        "people": people_of([task]),
        "form": form,
        "now": now(),
        "may_write": access.may_write(request),
    }
    return render(request, "automations/task.html", context, status=status)


def _task(task_id: str) -> Task:
    found = queries.task(task_id) if is_id(task_id) else None
    if found is None:
        raise Http404
    return found


def _team() -> dict[int, str]:
    return {member.user_id: str(member) for member in people.team()}


def _back(request: Request, task: Task) -> str:
    """To the list it was done from, or to the task."""
    show = request.POST.get("show", "")
    return f"{reverse('desk-tasks')}?show={show}" if show in SHOWS else reverse("desk-task", args=[task.pk])
