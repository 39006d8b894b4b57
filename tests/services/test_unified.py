import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims_api.services.texts.unified import unified

PATCH = shutil.which("patch")
# Few different lines, so that some stay the same; among them what looks like a part of a diff, or ends lines elsewhere.
LINES = ["a", "b", "", "é\r", "\u2028", "-- x", "++ x", "@@ -1 +1 @@", "\\ No", "\x0c", "\x85", " ", "c", "d", "e", "f"]
whole = st.lists(st.sampled_from(LINES), max_size=30).map("\n".join)
pages = st.tuples(whole, st.sampled_from(["", "\n"])).map("".join)


def diff(old: str, new: str) -> str:
    return unified(old, new, names=("version-1", "version-2"))


def lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def applied(old: str, change: str) -> str:
    """Apply a unified diff, and check that it says what was there."""
    left, at, made, sign = lines(old), 0, list[str](), ""
    for line in lines(change)[2:]:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            upto = int(start) - (length != "0")
            made, at = made + left[at:upto], upto
        elif line.startswith("\\"):
            made[-1:] = [made[-1].removesuffix("\n")] if sign in " +" else made[-1:]
        else:
            sign = line[0]
            assert sign == "+" or left[at].removesuffix("\n") == line[1:].removesuffix("\n")
            at += sign in " -"
            made += [line[1:]] if sign in " +" else []
    return "".join(made + left[at:])


class TestUnified:
    @given(pages, pages)
    def test_makes_the_new_text_of_the_old_one(self, old: str, new: str) -> None:
        assert applied(old, diff(old, new)) == new

    @given(pages)
    def test_of_equal_texts_is_nothing(self, text: str) -> None:
        assert diff(text, text) == ""

    @pytest.mark.skipif(PATCH is None, reason="no patch on this machine")
    @settings(max_examples=100)
    @given(old=pages, new=pages)
    def test_is_taken_by_patch(self, tmp_path_factory: pytest.TempPathFactory, old: str, new: str) -> None:
        folder: Path = tmp_path_factory.mktemp("patch")
        (folder / "text").write_bytes(old.encode())
        command = [str(PATCH), "--quiet", "--force", "text"]
        subprocess.run(command, cwd=folder, input=diff(old, new).encode(), check=True)  # noqa: S603  # it is patch
        made = folder / "text"
        assert (made.read_bytes() if made.exists() else b"") == new.encode()

    def test_shows_three_lines_around_each_change(self) -> None:
        old = "".join(f"{number}\n" for number in range(1, 31))
        assert diff(old, old.replace("8\n", "eight\n", 1).replace("25\n", "")).split("\n") == [
            "--- version-1",
            "+++ version-2",
            "@@ -5,7 +5,7 @@",
            *(" 5", " 6", " 7", "-8", "+eight", " 9", " 10", " 11"),
            "@@ -22,7 +22,6 @@",
            *(" 22", " 23", " 24", "-25", " 26", " 27", " 28"),
            "",
        ]

    def test_puts_changes_together_that_are_near(self) -> None:
        old = "".join(f"{number}\n" for number in range(1, 12))
        change = diff(old, old.replace("2\n", "two\n", 1).replace("9\n", "nine\n"))
        assert change.count("@@ -") == 1

    def test_says_where_the_last_line_has_no_end(self) -> None:
        none = "\\ No newline at end of file\n"
        head = "--- version-1\n+++ version-2\n@@ -1 +1 @@\n"
        assert diff("a", "b") == f"{head}-a\n{none}+b\n{none}"
        assert diff("a\n", "a") == f"{head}-a\n+a\n{none}"

    def test_names_the_line_before_where_there_was_none(self) -> None:
        assert diff("", "a\n") == "--- version-1\n+++ version-2\n@@ -0,0 +1 @@\n+a\n"
        assert diff("a\n", "") == "--- version-1\n+++ version-2\n@@ -1 +0,0 @@\n-a\n"
