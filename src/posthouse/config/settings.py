"""Settings, all from the environment, with defaults that run on one machine with nothing installed."""

from pathlib import Path

import dj_database_url
from environs import Env

from posthouse.config.secrets import local_peppers, local_secret

env = Env(prefix="POSTHOUSE_")

DATA = Path(env.str("DATA", "var")).absolute()
DATA.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or local_secret(DATA / "secret_key")
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [PUBLIC_URL])

# Keys and tokens: the issuer stands at the front of every key; peppers live outside the database.
ISSUER = env.str("ISSUER", "ph")
PEPPERS = env.dict("PEPPERS", {}) or local_peppers(DATA / "peppers.json")
"""Pepper id to base64 text; the last one is used for new secrets."""
DEFAULT_LIMITS = {
    "test": [["burst", 10, 1], ["daily", 10_000, 86_400]],
    "live": [["burst", 50, 1], ["daily", 1_000_000, 86_400]],
}
KEY_SCOPES: list[str] = env.list("KEY_SCOPES", [])
"""What the vendor lets keys be narrowed to, such as read:sun; empty: the portal does not ask for scopes."""
CALL_RETENTION_DAYS = env.int("CALL_RETENTION_DAYS", 30)
MINUTE_RETENTION_DAYS = env.int("MINUTE_RETENTION_DAYS", 7)
INTAKE_RETENTION_DAYS = env.int("INTAKE_RETENTION_DAYS", 30)
"""Days for which items of other tools that could not be taken in are kept."""

SURVEY_KEY_RATE = env.float("SURVEY_KEY_RATE", 50.0)
"""Calls a second that a key of a survey campaign may make on the long run, in each process."""
SURVEY_KEY_BURST = env.int("SURVEY_KEY_BURST", 500)
"""Calls it may make at once."""

PARTITIONS = max(1, env.int("PARTITIONS", 1))
"""Into how many parts each consumer of the timeline divides the customers: how many workers can be at it at once."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "anymail",
    "chartkick.django",
    "django_htmx",
    "posthouse.pages",
    "posthouse.journeys",
    "posthouse.automations",
    "posthouse.guides",
    "posthouse.usage",
    "posthouse.intake",
    "posthouse.keys",
    "posthouse.surveys",
    "posthouse.letters",
    "posthouse.webhooks",
    "posthouse.people",
    "posthouse.messages",
    "posthouse.vendor",
    "posthouse.timeline",
    "posthouse.design",
    "posthouse.foundation",
    "allauth",  # behind the house, whose templates of the same names come first
    "allauth.account",
]

MIDDLEWARE = [
    "posthouse.config.middleware.head_as_get",
    "posthouse.config.middleware.security_headers",
    "posthouse.config.middleware.clear_refusals",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "posthouse.people.middleware.speak_the_persons_language",
    "posthouse.people.middleware.remember_channel",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "posthouse.config.urls"
ASGI_APPLICATION = "posthouse.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "posthouse.vendor.context.vendor",
            ],
            "builtins": [
                "posthouse.design.templatetags.design",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]

_database = dj_database_url.parse(env.str("DATABASE_URL", f"sqlite:///{DATA / 'posthouse.sqlite3'}"))
if _database["ENGINE"].endswith("sqlite3"):
    # One writer: transactions begin IMMEDIATE, so they wait at the start instead of failing in the middle.
    # synchronous=FULL: what was acknowledged survives a power cut.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; "
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;",
    }
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "posthouse.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 2
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.partition(":")[0]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_REDIRECT_URL = "welcome"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "login": "posthouse.people.forms.accounts.LoginForm",
    "signup": "posthouse.people.forms.accounts.SignupForm",
    "reset_password": "posthouse.people.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "posthouse.people.forms.accounts.NewPasswordForm",
    "change_password": "posthouse.people.forms.accounts.ChangePasswordForm",
}
ACCOUNT_RATE_LIMITS = {"signup": "20/h/ip", "resend": "10/10m/ip"} | dict(env.json("ACCOUNT_RATE_LIMITS", {}))
"""Besides the defaults of django-allauth: sign-ups and repeated confirmations from one address. See `CACHES`."""
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)
"""How many proxies stand in front: the limits count the address that the outermost of them saw."""

# The limits on attempts are counted here. A table of the database holds for all processes and, on PostgreSQL, all
# machines, survives a restart, counts an attempt once (INSERT of a primary key), and needs nothing installed; a
# cache in memory would give each process its own count, one in files cannot add atomically. Few requests use it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "people_attempts",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

SECURE_COOKIES = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_ENGINE = "posthouse.config.sessions"
SESSION_COOKIE_NAME = "posthouse_session"
CSRF_COOKIE_NAME = "posthouse_csrf"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "posthouse.design.views.csrf_failure"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA / "media"

# Mail: a folder by default (with a viewer in development), else SMTP by MAIL_URL or a provider of django-anymail.
MAIL_FOLDER = Path(env.str("MAIL_FOLDER", str(DATA / "mail")))
EMAIL_BACKEND = env.str("MAIL_BACKEND", "posthouse.messages.folder.FolderBackend")
if _mail := env.str("MAIL_URL", ""):
    vars().update(env.dj_email_url("MAIL_URL", _mail))
ANYMAIL = env.json("ANYMAIL", {})
EMAIL_TIMEOUT = 20
MAIL_CONNECTIONS = max(1, env.int("MAIL_CONNECTIONS", 4))
"""Connections to the mail server at once, for each worker."""
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", "Posthouse <noreply@localhost>")
MAIL_LEASE = env.int("MAIL_LEASE", 600)
"""Seconds after which what a killed worker had in hand is taken up again. Longer than it may take to send ten mails:
a server may be silent for EMAIL_TIMEOUT before each of its answers."""
MAIL_RETURN_PATH = env.str("MAIL_RETURN_PATH", "")
"""Where bounces go, such as bounces@mail.example.org; each mail adds +its token. See the README of messages."""
MAIL_OPT_IN: list[str] = env.list("MAIL_OPT_IN", [])
"""Kinds of mail that are sent only to those who asked for them: onboarding, product_news, surveys."""
MAIL_VIEWER = env.bool("MAIL_VIEWER", DEBUG)

# What automations and subscriptions call: webhooks wait so many seconds, and never reach into private networks unless
# that is wished for.
WEBHOOK_TIMEOUT = env.float("WEBHOOK_TIMEOUT", 10.0)
WEBHOOK_PRIVATE = env.bool("WEBHOOK_PRIVATE", False)
WEBHOOK_RETENTION_DAYS = env.int("WEBHOOK_RETENTION_DAYS", 30)
"""Days for which deliveries that are done with are kept."""

# Who does the work of automations that is due: `database`, the house's own worker; or the address of a broker
# (amqp://…, redis://…), over which Celery's workers are told of it.
DISPATCHER = env.str("DISPATCHER", "database")

SURVEY_PACE = max(1, env.int("SURVEY_PACE", 30))
"""Answers to surveys a minute from one network address by one open link or widget; counted in memory, never stored."""

DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
}
