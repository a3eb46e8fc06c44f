"""What the project promises as a package: versions, documented names, docstrings, a tree to be published."""

from __future__ import annotations

import ast
import codecs
import inspect
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import questscore
from questscore import Rule, ScoreModel, SignalDefinition
from questscore.aggregates.plan import Lowered
from questscore.model.scale import SCALES
from questscore.rules import KINDS as RULES
from questscore.signals import KINDS as SIGNALS
from questscore.tracks.track import Followed

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "questscore"
REFERENCE = ROOT / "docs" / "reference"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = sorted(SRC.rglob("*.py"))
PUBLIC = [name for name in questscore.__all__ if not name.startswith("_")]
KINDS: list[type[SignalDefinition] | type[Rule]] = [*SIGNALS, *RULES]
# Names that mean nothing to a reader of this project, turned by thirteen letters to stay out of this file.
FOREIGN = re.compile(
    codecs.decode(r"\o(pynhqr|naguebcvp|bcranv|pungtcg|pbcvybg|trzvav)\o", "rot13").replace("\\o", r"\b"),
    re.I,
)
MACHINE = re.compile(r"(?<![\w.~])/(?:work|root|home|Users)/\w")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def keys(cls: type) -> list[str]:
    """The keys of a part, as in a model file."""
    return [(a.alias or a.name).rstrip("_") for a in attrs.fields(cls) if a.init]


def section(page: str, word: str) -> str:
    """What stands under the heading of a page that names ``word``."""
    found = [part for part in page.split("\n## ")[1:] if word in re.split(r"[, ]+", part.partition("\n")[0])]
    assert len(found) == 1, f"one heading names {word}"
    return found[0]


def module_name(path: Path) -> str:
    return str(path.relative_to(SRC))


def published() -> Iterator[Path]:
    """The files of the tree, without what tools leave there."""
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [
            name
            for name in inner
            if (not name.startswith(".") or name == ".ci") and name not in {"__pycache__", "build", "dist"}
        ]
        inner[:] = [name for name in inner if not name.endswith(".egg-info")]
        yield from (Path(folder) / name for name in files)


# -- the package ----------------------------------------------------------------------------------


def test_the_package_says_that_it_is_typed() -> None:
    assert (SRC / "py.typed").is_file()


def test_one_version() -> None:
    assert questscore.__version__ == PROJECT["version"]
    assert f"\n## {questscore.__version__}" in text(ROOT / "CHANGELOG.md")


def test_the_core_needs_three_packages() -> None:
    needed = [requirement for requirement in PROJECT["dependencies"] if ";" not in requirement]
    assert {re.split(r"[<>=~ ]", requirement)[0] for requirement in needed} == {"attrs", "cattrs", "numpy"}


def test_every_extra_that_an_error_names_exists() -> None:
    named = {
        extra
        for path in MODULES
        for pair in re.findall(r"questscore\[([a-z,]+)\]|extra=\"([a-z]+)\"", text(path))
        for extra in pair
        if extra
    }
    assert {"arrow", "cli", "toml", "yaml"} <= named <= set(PROJECT["optional-dependencies"])


def test_the_licence_is_there() -> None:
    assert PROJECT["license"] == "MIT"
    assert "questscore contributors" in text(ROOT / "LICENSE")


def test_the_front_door_lists_its_names_in_order_and_once() -> None:
    assert list(questscore.__all__) == sorted(set(questscore.__all__))
    assert all(hasattr(questscore, name) for name in questscore.__all__)


# -- documented -----------------------------------------------------------------------------------


def test_every_public_name_is_in_the_reference() -> None:
    pages = "\n".join(text(page) for page in sorted(REFERENCE.glob("*.md")))
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", pages, re.S))
    assert not [name for name in questscore.__all__ if not re.search(rf"\b{name}\b", code)]


@pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: kind.kind)
def test_the_reference_names_every_field_of_a_signal(kind: type[SignalDefinition]) -> None:
    part = section(text(REFERENCE / "signals.md"), kind.kind)
    own = set(keys(kind)) - set(keys(SignalDefinition)) - {"on", "where"}
    assert not {key for key in own if not re.search(rf"\b{key}\b", part)}
    assert re.search(rf"\b{kind.__name__}\b", text(REFERENCE / "signals.md"))


@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.kind)
def test_the_reference_names_every_field_of_a_rule(kind: type[Rule]) -> None:
    page = text(REFERENCE / "rules.md")
    assert not {key for key in keys(kind) if f"`{key}`" not in page and f"\n{key} = " not in page}


def test_the_reference_names_every_key_of_a_model_and_every_scale() -> None:
    page = text(REFERENCE / "model-file.md")
    assert not {key for key in keys(ScoreModel) if f"`{key}`" not in page}
    rules = text(REFERENCE / "rules.md")
    for name, scale in SCALES.items():
        assert f'kind = "{name}"' in rules
        assert not {key for key in keys(scale) if not re.search(rf"\b{key}\b", rules)}


def test_the_architecture_page_lists_the_layers_in_their_order() -> None:
    source = text(ROOT / "tests" / "repo" / "test_layers.py")
    found = re.search(r"^LAYERS = (\(.*?^\))", source, re.M | re.S)
    assert found
    page = text(ROOT / "docs" / "explanation" / "architecture.md")
    assert tuple(re.findall(r"^\| `(\w+)` \|", page, re.M)) == ast.literal_eval(found[1])


# -- docstrings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_docstring_and_so_have_its_methods(name: str) -> None:
    thing = getattr(questscore, name)
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        own = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
        methods = [
            key for key, value in own.items() if inspect.isroutine(value) or isinstance(value, property)
        ]
        said = {
            key: inspect.getdoc(getattr(thing, key))
            or inspect.getdoc(getattr(Lowered, key, getattr(Followed, key, None)))
            for key in methods
        }
        assert not [key for key, doc in said.items() if not doc]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_of_a_kind_names_its_fields(kind: type) -> None:
    said = "\n".join(cls.__doc__ or "" for cls in kind.__mro__[:-1])
    assert "Args:" in (kind.__doc__ or "")
    assert not {key for key in keys(kind) if not re.search(rf"\b{key}_?\b", said)}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_and_what_is_public_in_it_has_a_docstring(path: Path) -> None:
    tree = ast.parse(text(path))
    if not tree.body:
        return
    assert ast.get_docstring(tree)
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert not [node.name for node in public if not ast.get_docstring(node)]


# -- the tree -------------------------------------------------------------------------------------


def test_no_file_speaks_of_the_machine_it_was_written_on() -> None:
    found = []
    for path in published():
        try:
            content = text(path)
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(content)]
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FOREIGN.finditer(content)]
    assert not found
