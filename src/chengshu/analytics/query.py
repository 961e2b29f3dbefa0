"""SQL in named steps with bound values, readable before it is run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = re.compile(r"[a-z][a-z0-9_]*")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True)
class Step:
    """One SELECT; later steps read it by *name*. Values from outside stand in it as ``$name``."""

    name: str
    sql: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"Step {self.name!r}: a name is lower-case letters, digits and _")
        if not self.sql.strip() or ";" in QUOTED.sub("", self.sql):
            raise ValueError(f"Step {self.name!r} must be one statement without a semicolon")

    @property
    def parameters(self) -> set[str]:
        return set(PARAMETER.findall(QUOTED.sub("", self.sql)))


@dataclass(frozen=True)
class Query:
    """Steps in order, the last being the answer, with the values of all their parameters."""

    steps: tuple[Step, ...]
    params: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"Steps need one name each, got {names}")
        wanted = set[str]().union(*(step.parameters for step in self.steps))
        if wanted != set(self.params):
            raise ValueError(f"Parameters {sorted(wanted)} are bound as {sorted(self.params)}")

    @property
    def sql(self) -> str:
        """One ``WITH …`` statement that can be pasted into a shell."""
        *earlier, answer = self.steps
        named = ",\n".join(f"{step.name} AS (\n{step.sql}\n)" for step in earlier)
        return f"WITH {named}\n{answer.sql}" if earlier else answer.sql
