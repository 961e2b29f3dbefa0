"""The settings of a process that serves requests: its connections to the database are pooled.

Under ASGI every request has a thread of its own, so connections cannot stay with threads; made
anew they took half of a request's time.
"""

from chengshu.project.settings import *  # noqa: F403 - all of them, and one thing more
from chengshu.project.settings import DATABASES

POOL = {"min_size": 1, "max_size": 16, "timeout": 10}

_default = DATABASES["default"]
DATABASES = {"default": {**_default, "OPTIONS": {**_default["OPTIONS"], "pool": POOL}}}
