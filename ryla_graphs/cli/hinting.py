"""Commands that take parameters say how they are given, where somebody leaves the option out."""

from __future__ import annotations

import re
import shlex
from typing import Any

from typer.core import TyperCommand

_SETTING = re.compile(r"[A-Za-z_][\w.:]*=.*", re.DOTALL)


def hint_for(text: str) -> str | None:
    """How a parameter is given that stands by itself, such as ``prompt=x``; None for everything else."""
    return f"a parameter is given by -p: -p {shlex.quote(text)}" if _SETTING.fullmatch(text) else None


class Hinting(TyperCommand):
    """A command that takes `-p KEY=VALUE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As every command does; what is too much is refused with a hint."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            message = getattr(error, "message", "")
            if "extra argument" in message:
                hint = next((hint for text in given if text in message and (hint := hint_for(text))), None)
                error.message = f"{message}; {hint}" if hint else message  # type: ignore[attr-defined]
            raise
