"""Django settings, all derived from the typed Config."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pghistory
from django.utils.translation import gettext_lazy as _

from chengshu.project import installed
from chengshu.project.config import Config

CHENGSHU = Config.read()
HERE = Path(__file__).parent


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "chengshu",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,  # under ASGI every request has a thread of its own
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "chengshu"},
    }


def _secret_key(config: Config) -> str:
    if config.secret_key:
        return config.secret_key
    kept = config.home / "secret-key"
    if not kept.exists():
        config.home.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        fresh.rename(kept)
    return kept.read_text()


def _database_url(config: Config) -> str:
    """The configured server, else the embedded one if it runs for this home."""
    running = config.home / "run" / "database.url"
    if not config.database_url and running.exists():
        return running.read_text().strip()
    return config.database_url


SECRET_KEY = _secret_key(CHENGSHU)
DEBUG = CHENGSHU.debug
ALLOWED_HOSTS = list(CHENGSHU.hosts)
DATABASES = {"default": _database(_database_url(CHENGSHU))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "ninja",
    "procrastinate.contrib.django",
    *installed.CORE,
    *installed.HUB,
    *installed.APPS,
    *installed.DECLARE,
]
MIDDLEWARE = [
    "chengshu.core.pages.middleware.security_headers",
    "chengshu.core.pages.middleware.city_errors",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chengshu.core.access.middleware.actor",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "chengshu.project.urls"
ASGI_APPLICATION = "chengshu.project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "chengshu.core.pages.context.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["chengshu.core.access.authentication.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "portal"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CHENGSHU.https
SESSION_COOKIE_NAME = f"chengshu_session_{CHENGSHU.port}"
CSRF_COOKIE_NAME = f"chengshu_csrf_{CHENGSHU.port}"
CSRF_FAILURE_VIEW = "chengshu.core.pages.failures.forged"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

LANGUAGE_CODE = CHENGSHU.language
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "chengshu_language"
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = CHENGSHU.zone

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
STATIC_ROOT = CHENGSHU.home / "static"
MEDIA_ROOT = CHENGSHU.home / "files"

# History is written by statement-level triggers; who and why come along as JSON in the same row.
PGHISTORY_APPEND_ONLY = True
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "procrastinate")},
}
