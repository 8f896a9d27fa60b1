"""A definition as text that people edit: YAML that `reading.read` reads, and the line of each place in it."""

import re
from typing import Any

import yaml

from posthouse.foundation.ordered import ordered
from posthouse.journeys.definition import READ_IN_ORDER

_SWITCHES = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class _Dumper(yaml.SafeDumper):
    """Writes `on:` without quotation marks: it is a name here, and no truth value."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        """Lists stand further in than the name before them."""
        return super().increase_indent(flow, False)


_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag not in _SWITCHES]
    for first, pairs in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
_Dumper.add_implicit_resolver(_SWITCHES[0], re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def to_text(body: dict[str, Any]) -> str:
    """The body as YAML, its names in the order in which the documentation tells them."""
    return str(yaml.dump(ordered(body, READ_IN_ORDER), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def on_one_line(value: Any) -> str:
    """A value such as a condition as YAML on a single line."""
    value = ordered(value, READ_IN_ORDER)
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000, default_flow_style=True
    )
    return str(text).removesuffix("\n").removesuffix("...").strip()


def line_of(text: str, place: str) -> int:
    """The line on which a JSON pointer leads, or as far as it leads; 0 when the text cannot be read."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return 0
    line = 1
    for part in place.strip("/").split("/") if place.strip("/") else []:
        found = _child(node, part.replace("~1", "/").replace("~0", "~"))
        if found is None:
            break
        line, node = found
    return line


def _child(node: Any, part: str) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        value = node.value[int(part)]
        return value.start_mark.line + 1, value
    return None
