"""Writes tables of reference and the file of parameters: `python tools/documentation/tables.py`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. What is between is written anew
from the code, all else of the page is left alone.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import handseg_ros
from handseg_ros.cli.record_masks import DEFAULT_OUTPUTS
from handseg_ros.evaluation.metrics.registry import METRICS
from handseg_ros.nodes import image_source_node, settings
from handseg_ros.nodes.parameters import ParameterSpec, Value, specs_of
from handseg_ros.nodes.source.settings import SourceParameters
from handseg_ros.outputs.table import LABEL_OUTPUTS, OUTPUTS, RECORDED

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs"
PARAMETER_FILE = ROOT / "config" / "hand_segmentation.yaml"
_TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.S)
_FIELD = re.compile(r"^(\S+) (\w+)(?: [\d.]+)?\s+# (.*)$", re.M)
_CONSTANT = re.compile(r"^\S+ ([A-Z_]+)=(\S+)\s+# (.*)$", re.M)

_PARAMETER_FILE_HEAD = """\
# The parameters of hand_segmentation_node, with their defaults.
#   ros2 launch handseg_ros handseg.launch.py params_file:=<your copy>.yaml
# What each one means, and what it takes: ros2 param describe /hand_segmentation <name>
/**:
  ros__parameters:
"""

Rows = Iterable[Iterable[str]]


def filled(page: str) -> str:
    """Return a page with its tables written anew; raises KeyError for a table that is unknown."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", page)


def tables_in(page: str) -> list[str]:
    """Return the names of a page's tables, in order."""
    return [found[2] for found in _TABLE.finditer(page)]


def parameters(specs: Iterable[ParameterSpec]) -> str:
    """Return the table of a node's parameters."""
    return _table(
        ("parameter", "default", "takes", "what it does"),
        ((f"`{spec.name}`", _default(spec), spec.allowed, _description(spec)) for spec in specs),
    )


def parameter_file(specs: Iterable[ParameterSpec]) -> str:
    """Return a parameters file with the defaults of a node's parameters, for people to copy."""
    return _PARAMETER_FILE_HEAD + "".join(
        f"    {spec.name}: {_as_yaml(spec.default)}\n" for spec in specs
    )


def topics() -> str:
    """Return the table of what hand_segmentation_node publishes."""
    outputs = (*OUTPUTS, *LABEL_OUTPUTS)
    return _table(
        ("topic", "type", "content"),
        ((f"`{output.topic}`", output.type_name, output.content) for output in outputs),
    )


def interface(name: str) -> str:
    """Return the table of a message's or a service's fields, as its file has them."""
    (path,) = ROOT.glob(f"*/{name}.[ms][sr][gv]")
    text = path.read_text(encoding="utf-8")
    return _table(
        ("field", "type", "content"),
        ((f"`{field}`", kind, content) for kind, field, content in _FIELD.findall(text)),
    )


def constants(name: str) -> str:
    """Return the table of a message's constants."""
    text = (ROOT / "msg" / f"{name}.msg").read_text(encoding="utf-8")
    return _table(
        ("constant", "value", "meaning"),
        ((f"`{constant}`", value, words) for constant, value, words in _CONSTANT.findall(text)),
    )


def json_fields() -> str:
    """Return the table of the fields of hands as JSON, from their schema."""
    text = resources.files("handseg_ros.segmentation").joinpath("hands.schema.json").read_text()
    schema: Mapping[str, Any] = json.loads(text)
    rows: list[tuple[str, str]] = []
    for name, field in schema["properties"].items():
        words = field.get("description") or json.dumps(field["const"])
        rows.append((f"`{name}`", f"1; {words}" if name == "version" else words))
        if name == "hands":
            parts = schema["definitions"]
            of_hand = {**parts["region"]["properties"], **parts["hand"]["properties"]}
            rows += [(f"`hands[].{each}`", of_hand[each]["description"]) for each in of_hand]
    return _table(("field", "content"), rows)


def metrics() -> str:
    """Return the table of the metrics of `handseg evaluate`."""
    return _table(
        ("name", "title", "meaning", "source"),
        ((f"`{each.name}`", each.title, each.meaning, each.source) for each in METRICS),
    )


def recorded_outputs() -> str:
    """Return the table of what `handseg record-masks` can add to a bag."""
    return _table(
        ("`--add`", "topic", "type", "content"),
        (
            (
                f"`{name}`" + (" (default)" if name in DEFAULT_OUTPUTS else ""),
                f"`/hand_segmentation/{name}`",
                output.msgtype,
                output.content,
            )
            for name, output in RECORDED.items()
        ),
    )


def public_names() -> str:
    """Return the table of what programs may import, with the first sentence of each docstring."""
    names = [name for name in handseg_ros.__all__ if not name.startswith("_")]
    return _table(
        ("name", "what it is"),
        ((f"`{name}`", _first_sentence(getattr(handseg_ros, name))) for name in names),
    )


def decisions() -> str:
    """Return the table of the records of decisions, by their titles."""
    paths = sorted((PAGES / "decisions").glob("0*.md"))
    titles = (path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for path in paths)
    linked = (f"[{title}]({path.name})" for path, title in zip(paths, titles, strict=True))
    return _table(("decision",), ((link,) for link in linked))


TABLES: Mapping[str, Callable[[], str]] = {
    "parameters of hand_segmentation_node": lambda: parameters(settings.SPECS),
    "parameters of hand_camera_node": lambda: parameters(specs_of(SourceParameters)),
    "parameters of image_source_node": lambda: parameters(image_source_node.SPECS),
    "output topics": topics,
    "HandInstance": lambda: interface("HandInstance"),
    "HandInstance constants": lambda: constants("HandInstance"),
    "HandInstances": lambda: interface("HandInstances"),
    "LabelInfo": lambda: interface("LabelInfo"),
    "SegmentImage": lambda: interface("SegmentImage"),
    "CaptureBackground": lambda: interface("CaptureBackground"),
    "hands as JSON": json_fields,
    "metrics": metrics,
    "public names": public_names,
    "recorded outputs": recorded_outputs,
    "decisions": decisions,
}


def _table(head: tuple[str, ...], rows: Rows) -> str:
    first, *others = (f"| {' | '.join(line)} |" for line in (head, *rows))
    return "\n".join([first, f"|{'---|' * len(head)}", *others])


def _as_yaml(default: Value) -> str:
    """Return a default as YAML: texts that are words stand there without quotes."""
    return default if isinstance(default, str) and default.isidentifier() else json.dumps(default)


def _default(spec: ParameterSpec) -> str:
    default = str(spec.default).lower() if isinstance(spec.default, bool) else spec.default
    return f"`{default}`" if default != "" else "empty"


def _description(spec: ParameterSpec) -> str:
    return spec.description + (" (read-only)" if spec.read_only else "")


def _first_sentence(value: object) -> str:
    text = " ".join((value.__doc__ or "").partition("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".")


def main() -> None:
    """Write the tables of all pages, and the file of parameters to copy."""
    PARAMETER_FILE.write_text(parameter_file(settings.SPECS), encoding="utf-8")
    for path in sorted(PAGES.rglob("*.md")):
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrote the tables of {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
