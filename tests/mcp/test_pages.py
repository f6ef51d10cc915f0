"""What agents read beside the tools: `--help-json`, `llms.txt`, the skill folder."""

from __future__ import annotations

import json
import re

from tests.conftest import ROOT
from tests.test_cli import good

SKILL = (ROOT / "skills" / "ryla-graphs" / "SKILL.md").read_text(encoding="utf-8")


def test_the_command_line_describes_itself() -> None:
    described = json.loads(good("--help-json"))
    commands = {command["name"]: command for command in described["commands"]}
    assert {"run", "validate", "mcp", "nodes"} <= commands.keys()
    engine = next(each for each in commands["run"]["parameters"] if each["name"] == "engine")
    assert engine["flags"] == ["--engine"]
    assert {each["name"] for each in commands["nodes"]["commands"]} >= {"where", "adopt"}
    assert set(re.findall(r"`ryla-graphs (\w+)", SKILL)) <= commands.keys()


def test_llms_txt_lists_pages_that_are_there() -> None:
    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    pages = re.findall(r"\]\(([^)]+)\)", text)
    assert len(pages) > 10
    assert all((ROOT / "docs" / page).exists() for page in pages)


def test_the_skill_has_a_head_that_clients_read() -> None:
    assert re.match(r"---\nname: [a-z-]+\ndescription: .+\n---\n", SKILL)
