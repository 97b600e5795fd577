"""YAML as plain data: no objects of Python's, and no text that grows when it is read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import yaml


class PlainYamlError(ValueError):
    """A text that is no plain YAML, and why, as half a sentence."""


class _PlainLoader(yaml.SafeLoader):
    """Reads what PyYAML's safe loader does, but for aliases.

    Ten lines of lists of aliases make a value of a billion parts, to be checked and shown.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(None, None, "an alias, which is not read", mark)
        return super().compose_node(parent, index)


def read_plain_yaml(text: str) -> Any:
    """Return what a YAML text holds, built of dict, list, text, number, date, bool and None.

    Raises PlainYamlError for what is no YAML, has aliases, values that no such type can have, or
    lists inside lists without end.
    """
    try:
        return _PlainLoader(text).get_single_data()
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or error
        raise PlainYamlError(" ".join(str(problem).split())) from error
    except RecursionError as error:
        raise PlainYamlError("lists or mappings are too deep inside each other") from error
    # What is tagged as a date, a number or a truth value and is none trips over Python's own types.
    except Exception as error:
        raise PlainYamlError(f"a value cannot be read, {error}") from error
