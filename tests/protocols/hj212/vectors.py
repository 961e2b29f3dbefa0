import json
from pathlib import Path
from typing import Any


def vectors(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "protocols/vectors/public/hj212.json").read_text(encoding="utf-8")
    return [vector | {"frame": vector["frame_ascii"].encode()} for vector in json.loads(text)]


def valid(shared: Path) -> list[dict[str, Any]]:
    return [vector for vector in vectors(shared) if vector["valid"]]
