"""What the root document claims is what is proved, and the other way round."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chengshu.hub.sensorthings.conformance import BY_MQTT, PREFIX, REQUIREMENTS
from tests.hub.sensorthings.conftest import Service
from tests.hub.sensorthings.requirements import PROOFS

HERE = Path(__file__).parent
CREATION = f"{PREFIX}/{BY_MQTT}"


def test_every_claim_has_its_proof_and_no_proof_is_without_claim() -> None:
    assert sorted(REQUIREMENTS) == sorted(f"{PREFIX}/{name}" for name in PROOFS)


@pytest.mark.parametrize("name", sorted(PROOFS))
def test_the_proofs_of_a_requirement_are_there(name: str) -> None:
    for proof in PROOFS[name]:
        file, _mark, test = proof.partition("::")
        assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), proof


@pytest.mark.parametrize(
    ("broker", "endpoint"),
    [
        ({"mqtt_port": 1999}, "mqtt://testserver:1999"),
        ({"mqtt_url": "mqtts://city:secret@broker.cn:8883"}, "mqtts://broker.cn:8883"),
        ({"mqtt_port": 0}, None),
    ],
)
def test_the_root_says_where_observations_are_taken_by_mqtt(
    sta: Service, settings: Any, broker: dict[str, Any], endpoint: str | None
) -> None:
    settings.CHENGSHU = replace(settings.CHENGSHU, **broker)

    said = sta.get("")["serverSettings"]

    assert said.get(CREATION, {}).get("endpoints") == ([endpoint] if endpoint else None)
    assert (CREATION in said["conformance"]) is bool(endpoint)
