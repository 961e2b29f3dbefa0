"""What the root document claims is what is proved, and the other way round."""

from pathlib import Path

import pytest

from chengshu.hub.sensorthings.conformance import PREFIX, REQUIREMENTS
from tests.hub.sensorthings.requirements import PROOFS

HERE = Path(__file__).parent


def test_every_claim_has_its_proof_and_no_proof_is_without_claim() -> None:
    assert sorted(REQUIREMENTS) == sorted(f"{PREFIX}/{name}" for name in PROOFS)


@pytest.mark.parametrize("name", sorted(PROOFS))
def test_the_proofs_of_a_requirement_are_there(name: str) -> None:
    for proof in PROOFS[name]:
        file, _mark, test = proof.partition("::")
        assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), proof
