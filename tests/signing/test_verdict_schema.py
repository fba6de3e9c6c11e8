"""The verdict's JSON is what docs/verdict.schema.json says."""

import json
from pathlib import Path

from signing import verify

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/verdict.schema.json").read_text())
TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def check(value, schema, where="$"):
    """The part of JSON Schema that the file uses."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if value is None:
        assert "null" in kinds, where
        return
    assert any(isinstance(value, TYPES[k]) for k in kinds if k != "null"), f"{where}: {value!r}"
    if isinstance(value, list):
        assert len(value) >= schema.get("minItems", 0), where
        for index, item in enumerate(value):
            check(item, schema["items"], f"{where}[{index}]")
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value), where
        extra = schema.get("additionalProperties", True)
        for key, item in value.items():
            part = schema.get("properties", {}).get(key, extra)
            assert part is not False, f"{where}.{key} is not in the schema"
            if isinstance(part, dict):
                check(item, part, f"{where}.{key}")


def test_every_kind_of_verdict_fits_the_schema(office, archived, signed, rendered):
    for pdf in (
        archived,
        signed[:-100],
        rendered,
        b"",
        b"%PDF-",
        signed.replace(b"Vendor", b"Wendor"),
    ):
        verdict = verify(pdf, office.trust(), office.clock())
        check(json.loads(json.dumps(verdict.to_json())), SCHEMA)
