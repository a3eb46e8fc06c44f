"""What README.md and docs/ promise beside their examples, which run by themselves (conftest.py)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from questscore.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FIRST_SCREEN = README.partition("\n## ")[0]
SCREEN_LINES = 50
# Blocks of any other language would not run.
LANGUAGES = {"python", "toml", "console", "sh", "text", "csv", "json", "yaml"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands() -> list[str]:
    """The commands of the first screen."""
    found = re.search(r"^```sh\n(.*?)^```$", FIRST_SCREEN, re.M | re.S)
    assert found, "the first screen holds the commands"
    return found[1].splitlines()


def anchors(page: Path) -> set[str]:
    """What a link into a page may name after ``#``."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_first_screen_says_what_it_is_in_one_sentence() -> None:
    paragraph = FIRST_SCREEN.split("\n\n")[1]
    assert paragraph.startswith("`questscore` ")
    assert re.findall(r"[.!?](?=\s|$)", paragraph) == ["."], "one sentence"


def test_the_first_screen_fits_a_screen() -> None:
    assert len(FIRST_SCREEN.splitlines()) <= SCREEN_LINES


def test_two_commands_one_for_the_main_job_and_one_for_the_tests() -> None:
    demo, tests = commands()
    assert demo.endswith("/questscore demo")
    assert re.search(r"-m pytest( -n \w+)?$", tests)


def test_ten_lines_of_python_and_their_output() -> None:
    """That the output is true is tested where the example runs; here: it is there, and it is short."""
    found = re.search(r"^```python\n(.*?)^```\n\n```text\n(.+?)^```$", FIRST_SCREEN, re.M | re.S)
    assert found, "code, and right below it what it prints"
    assert len([line for line in found[1].splitlines() if line.strip()]) <= 10


def test_what_runs_before_every_change_is_what_the_readme_says() -> None:
    """.ci/run reads the two commands from the README instead of having its own."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script
    assert "pytest" not in re.sub(r"^\s*#.*$", "", script, flags=re.M)
    extract = re.search(r"sed -n '([^']+)' README\.md", script)
    assert extract and "```sh" in extract[1]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_has_a_language_that_is_run_or_known_not_to_be(page: Path) -> None:
    fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.M)
    assert len(fences) % 2 == 0
    assert set(fences[::2]) <= LANGUAGES
    assert set(fences[1::2]) <= {""}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=name)
def test_every_page_can_be_found_from_the_index(page: Path) -> None:
    index = ROOT / "docs" / "index.md"
    linked = re.findall(r"\]\(([^)#\s]+)", index.read_text(encoding="utf-8"))
    assert page == index or page in {(index.parent / target).resolve() for target in linked}


@pytest.mark.parametrize("command", ["score", "explain", "check", "schema", "demo"])
def test_the_reference_knows_every_option_of_the_command_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    options = re.findall(r"^\W*(--[a-z][a-z-]*)", capsys.readouterr().out, re.M)
    assert options or command == "check"
    assert not {option for option in options if option not in page}
