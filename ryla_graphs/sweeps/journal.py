"""The outcome of each row of a batch, on disk: an interrupted batch resumes where it stopped and pays nothing twice."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ryla_graphs.problems import InvalidDocument

JOURNAL = "rows.jsonl"


class Journal:
    """One line for each row before it runs, with its run's id and drawn values, and one when it ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / JOURNAL
        self._lines: dict[str, dict[str, Any]] = {}
        text = self._file.read_text(encoding="utf-8") if self._file.exists() else ""
        lines = text.split("\n")
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                facts = json.loads(line)
                self._lines[facts["key"]] = self._lines.get(facts["key"], {}) | facts
            except (ValueError, KeyError, TypeError):
                if number == len(lines):  # the process was killed while writing this line
                    continue
                raise InvalidDocument(f"'{self._file}', line {number} is none of a batch; choose another -o") from None
        self._torn = not text.endswith("\n") and bool(text)

    def done(self, key: str) -> Mapping[str, Any] | None:
        """The results of a row that succeeded and whose files all still exist."""
        facts = self._lines.get(key, {})
        files = facts.get("files", []) if facts.get("state") == "done" else None
        return facts if files is not None and all((self._directory / name).is_file() for name in files) else None

    def planned(self, key: str, drawn: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], bool]:
        """The id of a row's run, the values drawn for it, and whether an earlier command may have started it."""
        facts = self._lines.get(key, {})
        if facts.get("state") == "planned":
            return facts["run"], facts["drawn"], True
        run = str(uuid.uuid4())
        self.write(key, state="planned", run=run, drawn=dict(drawn))
        return run, drawn, False

    def write(self, key: str, **facts: Any) -> None:
        """Add a line."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._lines[key] = self._lines.get(key, {}) | {"key": key, **facts}
        with self._file.open("a", encoding="utf-8") as file:
            line = json.dumps({"key": key, **facts}, ensure_ascii=False, default=repr)
            file.write(("\n" if self._torn else "") + line + "\n")
        self._torn = False
