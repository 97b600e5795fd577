"""A parser of commands that says which option was meant, with the usage of the command."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

EXTRA_INPUTS = "_extra_inputs"
Options = TypeVar("Options")


class CommandParser(argparse.ArgumentParser):
    """An `ArgumentParser` that tells of unknown options itself, also as a sub-command's parser.

    Words that stand after options are lost to argparse where the inputs may be any number: with
    `takes_more` true they are kept in the namespace, under `EXTRA_INPUTS`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.takes_more = False
        self.formatter_class = argparse.RawDescriptionHelpFormatter

    def set_command(
        self, parse: Callable[[argparse.Namespace], Options], run: Callable[[Options], None]
    ) -> None:
        """Have a sub-command `run` with the options that `parse` makes of the parsed arguments.

        Both are called together, by `action` of what was parsed, and raise HandsegError.
        """
        self.set_defaults(action=lambda namespace: run(parse(namespace)))

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse all there is; what is left over ends the program with code 2."""
        parsed, left = super().parse_known_args(args, namespace)
        if self.takes_more:
            words, left = _split(left)
            setattr(parsed, EXTRA_INPUTS, words)
        if left:
            self._refuse(left[0])
        return parsed, []

    def error(self, message: str) -> NoReturn:
        """End the program with code 2, with the nearest command where one was mistyped."""
        commands = self._commands()
        wrong = message.partition("invalid choice: '")[2].partition("'")[0]
        if wrong and "COMMAND" in message and commands:
            super().error(f"there is no command '{wrong}'{_meant(wrong, commands)}")
        super().error(message)

    def _refuse(self, word: str) -> NoReturn:
        if not word.startswith("-"):
            super().error(f"'{word}' is one word too many")
        name = word.partition("=")[0]
        super().error(f"there is no option '{name}'{_meant(name, self._option_string_actions)}")

    def _commands(self) -> list[str]:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return list(action.choices)
        return []


def _split(left: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words among what is left over, all that follows `--` among them, and the rest."""
    end = left.index("--") if "--" in left else len(left)
    words = [word for word in left[:end] if not word.startswith("-")]
    rest = [word for word in left[:end] if word.startswith("-")]
    return [*words, *left[end + 1 :]], rest


def _meant(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f": did you mean '{near[0]}'?" if near else ""
