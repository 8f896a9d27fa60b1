"""One ASGI application: the edge takes what must be fast, Django the rest."""

import os
import warnings
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from posthouse.edge.asgi import App

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from posthouse.edge.app import Edge  # noqa: E402  needs Django set up

# WhiteNoise serves files by iterators that Django reads in a thread: slower than its own, and said once a process.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators", Warning)

application = Edge(cast("App", django_application))
