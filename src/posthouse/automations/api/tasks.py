"""HTTP routes about tasks of the team."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import StringConstraints

from posthouse.automations import actions, models, queries
from posthouse.automations.api.common import IdInPath, IdInQuery, Strict, actor_of, found_or_404, not_possible, page_of
from posthouse.foundation.paging import ApiLimit
from posthouse.people import queries as people
from posthouse.people.access import scope

router = Router()
READ, WRITE = scope("automations:read"), scope("automations:write")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class TaskOut(Schema):
    """Something a person of the team is to do."""

    id: str
    title: dict[str, str]
    assignee: int | None
    contact_id: str
    customer_id: str
    effect_id: str | None
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    done_by: str


class TasksOut(Schema):
    """A page of tasks."""

    items: list[TaskOut]
    next: str | None


class TaskIn(Strict):
    """A task made by hand."""

    title: Words
    assignee: int | None = None
    due_on: date | None = None
    customer_id: str = ""


class AssignIn(Strict):
    """The user id of who is to do it, or null."""

    assignee: int | None


class CommentIn(Strict):
    """What to say about it."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


@router.get("/tasks", response=TasksOut, auth=READ, operation_id="list_tasks", summary="Tasks of the team")
def list_tasks(
    request: HttpRequest,
    customer_id: IdInQuery = "",
    done: bool | None = None,
    after: IdInQuery = "",
    limit: ApiLimit = 50,
) -> Any:
    """Newest first; send `next` as `after` for the page behind."""
    is_open = None if done is None else not done
    return page_of(queries.tasks(is_open=is_open, customer_id=customer_id), after, limit)


@router.post("/tasks", response={201: TaskOut}, auth=WRITE, operation_id="open_task", summary="Make a task")
def open_task(request: HttpRequest, body: TaskIn) -> Any:
    """A task for somebody, or for whoever takes it."""
    if body.customer_id:
        found_or_404(people.customer(body.customer_id))
    _of_the_team(body.assignee)
    return Status(201, actions.open_task(**body.dict(), actor=actor_of(request)))


@router.post(
    "/tasks/{task_id}/assign",
    response=TaskOut,
    auth=WRITE,
    operation_id="assign_task",
    summary="Give a task to somebody",
)
def assign_task(request: HttpRequest, task_id: IdInPath, body: AssignIn) -> Any:
    """To a member of the team, or to whoever takes it."""
    task = found_or_404(queries.task(task_id))
    _of_the_team(body.assignee)
    actions.assign_task(task=task, assignee=body.assignee)
    return queries.task(task_id)


@router.post(
    "/tasks/{task_id}/done", response=TaskOut, auth=WRITE, operation_id="complete_task", summary="A task is done"
)
def complete_task(request: HttpRequest, task_id: IdInPath) -> Any:
    """Tick it off; a second call changes nothing."""
    actions.complete_task(task=found_or_404(queries.task(task_id)), actor=actor_of(request))
    return queries.task(task_id)


@router.post(
    "/tasks/{task_id}/undo",
    response=TaskOut,
    auth=WRITE,
    operation_id="reopen_task",
    summary="A task is not done after all",
)
def reopen_task(request: HttpRequest, task_id: IdInPath) -> Any:
    """Open it again; a second call changes nothing."""
    actions.reopen_task(task=found_or_404(queries.task(task_id)))
    return queries.task(task_id)


@router.post(
    "/tasks/{task_id}/comments",
    response=TaskOut,
    auth=WRITE,
    operation_id="comment_on_task",
    summary="Comment on a task",
)
def comment_on_task(request: HttpRequest, task_id: IdInPath, body: CommentIn) -> Any:
    """Say something about it."""
    task: models.Task = found_or_404(queries.task(task_id))
    actions.comment_on_task(task=task, text=body.text, actor=actor_of(request))
    return task


def _of_the_team(assignee: int | None) -> None:
    if assignee is not None and assignee not in {member.user_id for member in people.team()}:
        raise not_possible("There is nobody with this user id in the team.")
