"""Says where a JSON document differs from a schema, as far as conformance/report.schema.json makes use of JSON Schema.
"""
import json
import pathlib
import re

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_kind(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def mistakes_of(value, part):
    """Of the report of a verb, such as watch, that has a part of its own in the schema."""
    root = json.loads((pathlib.Path(__file__).resolve().parents[2] / "conformance" / "report.schema.json").read_text())
    return mistakes(value, root["$defs"][part], root)


def mistakes(value, schema, root, place="$"):
    if "$ref" in schema:
        target = root
        for word in schema["$ref"].split("/")[1:]:
            target = target[word]
        return mistakes(value, target, root, place)
    if "anyOf" in schema:
        found = [mistakes(value, each, root, place) for each in schema["anyOf"]]
        return [] if any(not each for each in found) else found[0]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_kind(value, kind) for kind in kinds):
        return [f"{place}: {value!r} is no {' or '.join(kinds)}"]
    found = []
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is not one of those allowed")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{place}: {value!r} does not match {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"] or "maximum" in schema and value > schema["maximum"]:
        found.append(f"{place}: {value!r} is out of its range")
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += mistakes(item, schema.get("items", {}), root, f"{place}[{index}]")
    if isinstance(value, dict):
        found += [f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value]
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in known or isinstance(others, dict):
                found += mistakes(item, known.get(name, others), root, f"{place}.{name}")
            elif others is False:
                found.append(f"{place}: {name} is not allowed")
    return found
