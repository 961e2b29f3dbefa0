import json
from pathlib import Path
from typing import Any


def vectors(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "protocols/vectors/public/jt808.json").read_text(encoding="utf-8")
    return [v | {"frame": bytes.fromhex(v["frame_hex"])} for v in json.loads(text)]


def valid(shared: Path) -> list[dict[str, Any]]:
    return [vector for vector in vectors(shared) if vector["valid"]]
