"""Settings of the test suite: cheap password hasher, a database of its own, everything else as in production."""

import os
import tempfile
from pathlib import Path

_data = tempfile.mkdtemp(prefix="posthouse-test-")
os.environ["POSTHOUSE_DATA"] = _data
os.environ.pop("POSTHOUSE_DATABASE_URL", None)
if url := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
    os.environ["POSTHOUSE_DATABASE_URL"] = url

from posthouse.config.settings import *  # noqa: E402, F403  the environment must be set before settings are read

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
DATABASES["default"]["TEST"] = {"NAME": None if url else str(Path(_data) / "test.sqlite3")}  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
if not url:
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"  # noqa: F405
EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
ACCOUNT_RATE_LIMITS = {}
WHITENOISE_AUTOREFRESH = True
