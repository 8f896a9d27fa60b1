"""The smallest Django project with one view protected with djangorestframework-api-key, to be measured against."""

import os
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

if not settings.configured:
    settings.configure(
        SECRET_KEY="only-for-measuring",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": Path(os.environ["POSTHOUSE_DATA"]) / "drf.sqlite3",
                "CONN_MAX_AGE": None,
            }
        },
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    )
    django.setup()

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.urls import path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_api_key.models import APIKey
from rest_framework_api_key.permissions import HasAPIKey


@api_view(["POST"])
@permission_classes([HasAPIKey])
def verify(request: Request) -> Response:
    """What a view behind an API key does at the least."""
    return Response({"valid": True})


urlpatterns = [path("api/v1/keys/verify", verify)]
asgi: Any = get_asgi_application()
wsgi: Any = get_wsgi_application()


def seed() -> str:
    """Make the tables and a key; gives its text."""
    call_command("migrate", verbosity=0, run_syncdb=True)
    _, text = APIKey.objects.create_key(name="bench")
    return str(text)
