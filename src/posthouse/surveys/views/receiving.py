"""Where other systems report what a campaign is to ask about. Programs talk here: every refusal is a problem."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from posthouse.foundation.problems import MEDIA_TYPE, Problem, not_found
from posthouse.people import access
from posthouse.surveys import actions, links, queries

TITLES = {
    400: "The delivery cannot be read",
    401: "The delivery is not signed as it should be",
    409: "Not possible now",
    413: "The delivery is too large",
    422: "The delivery does not say what is needed",
}


@csrf_exempt
@access.public
@never_cache
def receive(request: HttpRequest, hook_id: str) -> HttpResponse:
    """POST one delivery; the answer names the outcome. The same again asks nobody twice."""
    try:
        return JsonResponse(_receive(request, hook_id))
    except Problem as problem:
        return JsonResponse(
            problem.body(request.path), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE
        )


def _receive(request: HttpRequest, hook_id: str) -> dict[str, object]:
    if request.method != "POST":
        raise Problem(
            status=405, code="method-not-allowed", title="Method not allowed", detail="POST.", headers={"Allow": "POST"}
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(status=415, code="hook-packed", title="The delivery is packed", detail="Send it as it is.")
    hook = queries.hook(hook_id)
    if hook is None:
        raise not_found("webhook")
    body = request.read(actions.MAX_BODY + 1)
    try:
        taken = actions.receive(hook=hook, headers=request.headers, body=body)
    except actions.NotTaken as error:
        errors = [{"path": one.part, "pointer": one.pointer, "message": one.reason} for one in error.faults]
        extra = {"errors": errors} if errors else {}
        raise Problem(
            status=error.status, code=error.code, title=TITLES[error.status], detail=str(error), extra=extra
        ) from error
    return told(taken)


def told(taken: actions.Taken) -> dict[str, object]:
    """What the sender is answered."""
    send = taken.send
    if send is None:
        return {"outcome": "passed_over", "repeated": taken.repeated}
    return {
        "outcome": send.outcome,
        "send_id": send.pk,
        "send_at": links.iso(send.due_at) if send.due_at else None,
        "throttled_until": links.iso(send.throttled_until) if send.throttled_until else None,
        "repeated": taken.repeated,
        "not_found": taken.missing,
    }
