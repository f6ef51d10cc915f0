"""Deprecations: one form of sentence, kept promises, and no use of our own."""

from __future__ import annotations

import doctest
import warnings
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Problem, deprecation
from ryla_graphs.deprecation import Notice, moved_names, renamed_parameter
from tests.conftest import ROOT
from tools.deprecations import PAGE, marks, overdue, releases, written

SENTENCE = "`f(w)` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: use `f(width)`"
DAYS = st.dates(date(2027, 5, 1), date(2027, 7, 1))
VERSIONS = st.sampled_from(["0.2.0", "0.3.9", "0.4.0", "0.10.0", "1.0.0"])


@renamed_parameter("w", "width", SENTENCE)
def widened(*, width: int) -> int:
    return width


def test_the_examples() -> None:
    assert doctest.testmod(deprecation).failed == 0


def test_an_old_parameter_warns_the_line_that_gave_it() -> None:
    with pytest.warns(DeprecationWarning, match=r"goes in 0\.4\.0") as caught:
        assert widened(w=3) == 3  # type: ignore[call-arg]
    assert caught[0].filename == __file__ and str(caught[0].message) == SENTENCE
    assert widened(width=3) == 3
    with pytest.raises(TypeError, match="`w` is the old name of `width`"):
        widened(w=3, width=3)  # type: ignore[call-arg]


def test_a_moved_name_warns_and_others_are_still_missing() -> None:
    old = moved_names("here", {"OLD": (lambda: 7, SENTENCE)})
    with pytest.warns(DeprecationWarning, match="goes in 0.4.0"):
        assert old("OLD") == 7
    with pytest.raises(AttributeError, match="module 'here' has no attribute 'NEW'"):
        old("NEW")


def test_a_problem_has_its_severity_for_some_time() -> None:
    problem, name = Problem(code="value_smaller_than_min", message="too small"), "severity"
    with pytest.warns(DeprecationWarning, match=r"use `Problem\.level`"):
        assert getattr(problem, name) == problem.level


@pytest.mark.parametrize("sentence", ["", "`a` is deprecated", SENTENCE.replace("-06-", "-6-"), SENTENCE + "\n"])
def test_a_sentence_of_another_form_is_refused_where_it_is_written(sentence: str) -> None:
    for mark in (lambda: renamed_parameter("w", "width", sentence), lambda: moved_names("m", {"A": (int, sentence)})):
        with pytest.raises(ValueError, match="a deprecation reads"):
            mark()


@given(VERSIONS, DAYS)
def test_a_name_stays_for_its_releases_and_until_its_day(version: str, day: date) -> None:
    notice = Notice.parse(SENTENCE)
    assert notice.is_due(version, day) == (version in ("0.4.0", "0.10.0", "1.0.0") and day >= date(2027, 6, 1))


def test_names_whose_time_is_over_are_found_in_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "ryla_graphs"
    folder.mkdir()
    (folder / "one.py").write_text(f'import x\n\n@deprecated("{SENTENCE}")\ndef f(): ...\n')
    (folder / "two.py").write_text(f'__getattr__ = moved_names("two", {{"A": (int, "{SENTENCE}")}})\n')
    assert overdue(tmp_path, "0.4.0", date(2027, 5, 31)) == overdue(tmp_path, "0.3.0", date(2028, 1, 1)) == []
    late = overdue(tmp_path, "0.4.0", date(2027, 6, 1))
    assert [row.split(": ")[0] for row in late] == ["ryla_graphs/one.py:3", "ryla_graphs/two.py:1"]


def test_the_last_release_has_no_name_whose_time_was_over() -> None:
    dated = releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    for version, day in [*dated.items()][:1]:
        assert overdue(ROOT, version, day) == []


def test_each_name_stays_for_two_releases_and_three_months() -> None:
    dated = releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    found = marks(ROOT)
    assert found, "no deprecation is found in the sources"
    for mark in found:
        since, goes = (tuple(map(int, each.split("."))) for each in (mark.notice.since, mark.notice.goes_in))
        assert goes[0] > since[0] or goes[1] >= since[1] + 2, f"{mark.file}:{mark.line}: it stays for two releases"
        begun = dated.get(mark.notice.since)
        assert begun is None or mark.notice.not_before >= begun + timedelta(days=90), f"{mark.file}:{mark.line}"


def test_the_page_names_all_of_them() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "python -m tools.deprecations"
    changelog = "# Changelog\n\n## Unreleased\n\n## 0.3.0 - 2027-01-02\n\n## 0.1.0\n"
    assert releases(changelog) == {"0.3.0": date(2027, 1, 2)}


def test_a_use_of_our_own_fails_the_suite() -> None:
    assert any(row[0] == "error" and issubclass(DeprecationWarning, row[2]) for row in warnings.filters)
