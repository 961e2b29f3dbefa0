"""Names for an invented city, drawn from syllables so that no real place is meant."""

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np

from chengshu.kit.errors import Invalid

DEFAULT = Path(__file__).parent / "data" / "names.json"


class TooFewNames(Invalid):
    """The syllables do not make as many names as were asked for."""

    code = "too-few-names"


@dataclass(frozen=True)
class Names:
    """The word lists of one file; see ``data/names.json`` for its form."""

    words: dict[str, Any]

    @classmethod
    def read(cls, path: Path = DEFAULT) -> Self:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def areas(self, level: str, count: int, rng: np.random.Generator) -> list[str]:
        """*count* different names of places of *level*."""
        return _composed(self.words["areas"][level], count, rng)

    def roads(self, count: int, rng: np.random.Generator) -> list[str]:
        return _composed(self.words["roads"], count, rng)

    def person(self, rng: np.random.Generator) -> str:
        return f"{rng.choice(self._surnames)}{''.join(rng.choice(self._given, 2, replace=False))}"

    @cached_property
    def _surnames(self) -> Any:
        return np.array(self.words["surnames"])

    @cached_property
    def _given(self) -> Any:
        return np.array(self.words["given"])


def _composed(parts: dict[str, list[str]], count: int, rng: np.random.Generator) -> list[str]:
    stems = [f"{head}{tail}" for head, tail in product(parts["heads"], parts["tails"])]
    if count > len(stems):
        raise TooFewNames(f"{len(stems)} names can be made, {count} are needed")
    drawn = rng.choice(len(stems), count, replace=False)
    return [f"{stems[number]}{rng.choice(parts['endings'])}" for number in drawn]
