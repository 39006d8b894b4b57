"""What the documents say is so."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from claims_api.config import Settings


@pytest.fixture
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


class TestTheReadme:
    @pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
    def test_has_each_setting_as_the_code_has_it(self, readme: str, setting: "object") -> None:
        metadata, default = setting.metadata, setting.default  # type: ignore[attr-defined]
        assert f"| `{metadata['variable']}` | `{default}` | {metadata['meaning']} |" in readme

    def test_names_no_setting_that_there_is_not(self, readme: str) -> None:
        known = {each.metadata["variable"] for each in fields(Settings)}
        assert set(re.findall(r"CLAIMS_[A-Z_]+", readme)) <= known

    def test_links_only_to_what_is_there(self, readme: str, repository: Path) -> None:
        targets = [each for each in re.findall(r"\]\(([^)#]+)\)", readme) if "://" not in each]
        assert [each for each in targets if not (repository / each).exists()] == []


class TestTheMap:
    def test_names_each_module_of_the_web_floor(self, repository: Path) -> None:
        page = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
        modules = {path.stem for path in (repository / "claims_api" / "web").glob("*.py")} - {"__init__"}
        assert {each for each in modules if f"`{each}`" not in page} == set()

    @pytest.mark.parametrize("page", ["ARCHITECTURE.md", "docs/internals.md"])
    def test_names_only_modules_that_there_are(self, repository: Path, page: str) -> None:
        package = repository / "claims_api"
        # Names of rooms within services stand for themselves there.
        rooms = {each.name: each for each in (*package.glob("*/"), *(package / "services").glob("*/"))}
        named = re.findall(r"`(\w+)/([\w/]+)", (repository / page).read_text(encoding="utf-8"))
        paths = [rooms[room] / rest for room, rest in named if room in rooms]
        gone = [path for path in paths if not (path.is_dir() or path.with_suffix(".py").exists())]
        assert (len(paths) > 10, gone) == (True, [])


class TestTheDecisions:
    def test_are_all_in_their_index(self, repository: Path) -> None:
        folder = repository / "docs" / "adr"
        index = (folder / "README.md").read_text(encoding="utf-8")
        assert {path.name for path in folder.glob("0*.md")} == set(re.findall(r"\((0[^)]+)\)", index))
