"""A hint for users who write ``prompt=x`` without ``-p``."""

from __future__ import annotations

import re
import shlex
from typing import Any

from typer.core import TyperCommand

_SETTING = re.compile(r"[A-Za-z_][\w.:]*=.*", re.DOTALL)


def hint_for(text: str) -> str | None:
    """A hint if the text looks like a parameter without its option, such as ``prompt=x``; else None."""
    return f"to set a parameter, write -p {shlex.quote(text)}" if _SETTING.fullmatch(text) else None


class Hinting(TyperCommand):
    """A command with the option `-p KEY=VALUE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual, and add the hint to the error about an extra argument."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            message = getattr(error, "message", "")
            if "extra argument" in message:
                hint = next((hint for text in given if text in message and (hint := hint_for(text))), None)
                error.message = f"{message}; {hint}" if hint else message  # type: ignore[attr-defined]
            raise
