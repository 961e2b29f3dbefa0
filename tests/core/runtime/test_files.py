"""A process may open as many connections as it means to take."""

import subprocess
import sys

LOWERED = """
import resource
_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (600, {hard}))
from chengshu.core.runtime.files import allow_connections
print(allow_connections(1000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def said(hard: str) -> str:
    script = LOWERED.format(hard=hard)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_limit_is_raised_for_connections_and_a_few_files_more() -> None:
    assert said("hard") == "1000 1512"


def test_no_further_than_the_system_lets_us() -> None:
    assert said("800") == "288 800"
