"""The examples of README.md, docs/ and the docstrings, run as tests.

Lives here: which blocks run, and how. In Markdown, ``python`` blocks run, and what they print is compared
with what stands after ``>>>`` or in a ``text`` block right below; ``toml`` blocks are read as models; in
``console`` blocks each line after ``$`` is run by a shell and what it prints is compared; the comment
``<!-- file: NAME -->`` above a block makes it a file, and ``<!-- program: NAME -->`` one that only a command
runs. The blocks of a page share their names and a folder that holds a copy of examples/.
Lives elsewhere: the examples; which languages a block may have (tests/repo/test_readme.py).
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from questscore import ModelError, load_model
from questscore.codec.registry import SIGNALS

ROOT = Path(__file__).parent
FLAGS = doctest.ELLIPSIS
PAGES = ["README.md", "docs/*.md", "docs/*/*.md"]
_FILE = re.compile(
    r"^<!-- (?P<sort>file|program): (?P<name>[\w./-]+) -->\n```(?P<language>\w+)\n(?P<source>.*?)^```$",
    re.M | re.S,
)
_REPOSITORY = re.compile(r"^<!-- repository: (?P<name>\w+) -->$", re.M)
_OUTPUT = re.compile(r"(?<=^```\n\n)```text\n(?P<source>.*?)(?=^```$)", re.M | re.S)


# What a page may call as a program: this environment's, with this source and no plugin but the project's.
PROGRAMS = {
    "questscore": 'exec "{python}" -m questscore.cli',
    "python": 'exec "{python}" -B',
    "pytest": 'PYTEST_ADDOPTS= PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTHONPATH="$PWD:$PYTHONPATH"'
    ' exec "{python}" -B -m pytest'
    " -p questscore.testing.pytest_plugin -p no:cacheprovider",
}


class FileParser:
    """Blocks that are files of the page's folder; a TOML one is read as a model too."""

    def __call__(self, document: Document) -> Iterable[Region]:
        for match in _FILE.finditer(document.text):
            # the region ends before the fence, which the parser of its language takes
            yield Region(match.start(), match.start("language") - 4, match.groupdict(), self.write)

    def write(self, example: Example) -> None:
        target = Path(example.parsed["name"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(example.parsed["source"], encoding="utf-8")


class RepositoryParser:
    """``<!-- repository: NAME -->`` makes a git repository of that name: years of a made-up project."""

    def __call__(self, document: Document) -> Iterable[Region]:
        for match in _REPOSITORY.finditer(document.text):
            yield Region(match.start(), match.end(), match["name"], self.make)

    def make(self, example: Example) -> None:
        stream = []
        for day, person, area, message in sorted(_PROJECTS[example.parsed]()):
            when = f"{_BEGAN + day * 86_400} +0000"
            stream.append(f"commit refs/heads/main\nauthor {person} {when}\ncommitter {person} {when}\n")
            stream.append(f"data {len(message)}\n{message}\nM 100644 inline {area}/notes\n")
            stream.append(f"data {len(when)}\n{when}\n\n")
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        subprocess.run(["git", "init", "-q", "-b", "main", example.parsed], check=True, env=quiet)
        load = ["git", "-C", example.parsed, "fast-import", "--quiet"]
        subprocess.run(load, input="".join(stream).encode(), check=True, env=quiet)


_BEGAN = 1_640_995_200  # 2022-01-01


def _orchard() -> Iterable[tuple[int, str, str, str]]:
    """Day, author, top-level directory and message of each commit: two years of five people."""
    ines, tomas = "Ines <ines@grove.example>", "Tomas <tomas@grove.example>"
    pia, yuki = "Pia <pia@hill.example>", "Yuki <yuki@hill.example>"
    for day in range(730):
        if day % 2 == 0:
            review = f"\n\nReviewed-by: {tomas}\n" if day % 20 == 0 else ""
            yield day, ines, ("trees", "soil", "tools")[day % 3], f"tend{review}"
        if day % 9 == 0:
            yield day, tomas, "tools", f"mend\n\nTested-by: {pia}\n"
        if day % 6 == 0 and day < 620:
            yield day, pia, "soil", "dig"
        if day % 5 == 0 and day < 120:
            yield day, yuki, "trees", "plant"
        if day % 30 == 0:
            yield day, "bud[bot] <bud@robots.example>", "tools", "bump"


def _harbour() -> Iterable[tuple[int, str, str, str]]:
    """Three years of 240 people: who reviews mostly stays, who sends patches mostly does not."""
    dice = Random(1)
    people = []
    for number in range(240):
        person = f"Sailor {number:03} <s{number:03}@harbour.example>"
        reviews, born = dice.random() < 0.4, dice.uniform(0, 900)
        died = born + dice.expovariate(1 / (700 if reviews else 60))
        people.append((person, reviews, born, min(died, 1095)))
    for person, reviews, born, died in people:
        day = born
        while day < died:
            # the trailer names who reviewed; the author of such a commit is the project's own robot
            if reviews and dice.random() < 0.6:
                yield int(day), "tug[bot] <tug@robots.example>", "quay", f"merge\n\nReviewed-by: {person}\n"
            else:
                yield int(day), person, "docks", "patch"
            day += dice.expovariate(1 / 25)


_PROJECTS = {"orchard": _orchard, "harbour": _harbour}


class PythonParser(PythonCodeBlockParser):
    """Code, either with prompts or without; what the latter prints is kept for an `OutputParser`."""

    def __init__(self) -> None:
        super().__init__(doctest_optionflags=FLAGS)
        self.codeblock_parser = CodeBlockParser("python", self.evaluate)
        self._python = PythonEvaluator()

    def __call__(self, document: Document) -> Iterable[Region]:
        programs = {m.start("language") - 3 for m in _FILE.finditer(document.text) if m["sort"] == "program"}
        return (region for region in super().__call__(document) if region.start not in programs)

    def evaluate(self, example: Example) -> None:
        printed = io.StringIO()
        with redirect_stdout(printed):
            self._python(example)
        example.namespace["__printed__"] = printed.getvalue()


class OutputParser:
    """A ``text`` block right below a ``python`` block is what that block prints."""

    def __call__(self, document: Document) -> Iterable[Region]:
        for match in _OUTPUT.finditer(document.text):
            yield Region(match.start("source"), match.end("source"), match["source"], self.evaluate)

    def evaluate(self, example: Example) -> str | None:
        return differs(example.parsed, example.namespace["__printed__"])


class ConsoleParser(CodeBlockParser):
    """Commands and what they print, the two streams as they come; ``...`` stands for any text."""

    language = "console"

    def evaluate(self, example: Example) -> str | None:
        for command, expected in commands(example.parsed):
            if problem := differs(expected, run(command)):
                return f"$ {command}\n{problem}"
        return None


def differs(expected: str, printed: str) -> str | None:
    """How what was printed differs from what a page says; ``...`` stands for any text."""
    if doctest.OutputChecker().check_output(expected, printed, FLAGS):
        return None
    return f"expected:\n{expected}\nprinted:\n{printed}"


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, a backslash continuing a line, each with what it should print."""
    found = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block.rstrip("\n") + "\n", re.M)
    return [(command, expected) for command, expected in found]


def run(command: str) -> str:
    """What a shell prints in the working folder, in which ``questscore`` is this source."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment["PATH"] = f"{Path.cwd() / '.bin'}{os.pathsep}{environment['PATH']}"
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), environment.get("PYTHONPATH", "")])
    environment["LC_ALL"] = "C.UTF-8"
    done = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
    )
    return done.stdout


class ModelParser(CodeBlockParser):
    """TOML blocks: each is a model, together with the signals and groups that the page declared before."""

    language = "toml"

    def evaluate(self, example: Example) -> str | None:
        text: dict[str, Any] = tomllib.loads(example.parsed)
        declared = example.namespace.setdefault("__declared__", {"signals": {}, "groups": {}})
        whole = {"name": "example", "subject": "account"} | text
        for part, known in declared.items():
            own = {item["name"]: item for item in text.get(part, [])}
            if "name" not in text:
                known |= own
                whole[part] = list(known.values())
        try:
            load_model(whole)
        except ModelError as error:
            return str(error)
        return None


def enter(namespace: dict[str, Any]) -> None:
    """A folder of its own for a page, with the examples in it."""
    folder = tempfile.mkdtemp(prefix="questscore-docs-")
    namespace["__folders__"] = (Path.cwd(), folder)
    namespace["__kinds__"] = dict(SIGNALS._known)
    shutil.copytree(
        ROOT / "examples", Path(folder) / "examples", ignore=shutil.ignore_patterns("__pycache__")
    )
    os.chdir(folder)
    Path(".bin").mkdir()
    for name, call in PROGRAMS.items():
        program = Path(".bin") / name
        program.write_text(f'#!/bin/sh\n{call.format(python=sys.executable)} "$@"\n')
        program.chmod(0o755)


def leave(namespace: dict[str, Any]) -> None:
    """Back to where the tests run."""
    back, folder = namespace["__folders__"]
    os.chdir(back)
    shutil.rmtree(folder, ignore_errors=True)
    SIGNALS._known = namespace["__kinds__"]  # those that a page registers end with it


pytest_collect_file = (
    Sybil(
        parsers=[
            FileParser(),
            RepositoryParser(),
            PythonParser(),
            OutputParser(),
            ConsoleParser(),
            ModelParser(),
        ],
        patterns=PAGES,
        setup=enter,
        teardown=leave,
    )
    + Sybil(parsers=[DocTestParser(FLAGS)], patterns=["src/questscore/*.py", "src/questscore/*/*.py"])
).pytest()


class PageScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests go to whichever worker is free; the examples of one page run one after another, in one."""

    def _split_scope(self, nodeid: str) -> str:
        page, _, test = nodeid.partition("::")
        return page if test.startswith("line:") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """How tests are dealt out when there are several workers (``-n``)."""
    return PageScheduling(config, log) if config.getvalue("dist") == "load" else None
