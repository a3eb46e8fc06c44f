"""Imports run one way, from what things are to what uses them; nothing heavy loads by itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import questscore

SRC = Path(__file__).parents[2] / "src" / "questscore"
# Each layer imports only what stands above it, and itself.
LAYERS = (
    "errors",
    "language",
    "model",
    "reference",
    "columns",
    "snapshot",
    "aggregates",
    "tracks",
    "signals",
    "rules",
    "codec",
    "intake",
    "journal",
    "engine",
    "io",
    "results",
    "triggers",
    "api",
    "scorer",
    "templates",
    "calibration",
    "review",
    "testing",
    "questscore",
    "cli",
)
NO_NUMPY = ("errors", "language", "model", "reference")
CORE = {"attr", "attrs", "cattrs", "numpy", "questscore", "typing_extensions"}


def layer(module: str) -> str:
    """``questscore.model.event`` -> ``model``; the package itself -> ``questscore``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    parts = ["questscore", *path.relative_to(SRC).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str) -> Iterator[str]:
    """Every module that a file imports, those inside functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def upward(module: str, source: str) -> list[str]:
    """The imports that run against the order of the layers."""
    order = {name: i for i, name in enumerate(LAYERS)}
    found = []
    for other in imports(source):
        if other.split(".")[0] != "questscore" or (other == "questscore" and layer(module) != "cli"):
            continue
        target = layer(other)
        if target in order and order[target] > order[layer(module)]:
            found.append(f"{module} imports {other}: not allowed")
    return found


FILES = sorted(SRC.rglob("*.py"))


def test_every_package_has_a_layer() -> None:
    packages = {layer(module_of(path)) for path in FILES}
    assert packages <= set(LAYERS), "give a new package its place among the layers"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_no_import_runs_upward(path: Path) -> None:
    assert upward(module_of(path), path.read_text()) == []


def test_the_check_finds_an_upward_import_inside_a_function() -> None:
    source = "def f():\n    from questscore.io import read_events\n"
    assert upward("questscore.engine.plan", source)


def test_there_is_no_import_cycle() -> None:
    modules = {module_of(path) for path in FILES}
    graph = {
        module_of(path): {
            name
            for name in imports(path.read_text())
            if name in modules and name not in ("questscore", module_of(path))
        }
        for path in FILES
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"a cycle: {' -> '.join((*path, module))}"
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


@pytest.mark.parametrize("path", [p for p in FILES if layer(module_of(p)) in NO_NUMPY], ids=module_of)
def test_what_things_are_needs_no_numpy(path: Path) -> None:
    assert not [name for name in imports(path.read_text()) if name.split(".")[0] == "numpy"]


def loaded_by(code: str) -> set[str]:
    """The packages beyond the standard library that a new process has loaded after running ``code``."""
    command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {name.split(".")[0] for name in done.stdout.split()}
    return {name for name in found if name not in sys.stdlib_module_names and not name.startswith("_")}


@pytest.mark.parametrize(
    "code",
    ["import questscore", "import questscore; [getattr(questscore, n) for n in questscore.__all__]"],
    ids=["the package", "every public name"],
)
def test_the_core_loads_nothing_but_attrs_cattrs_and_numpy(code: str) -> None:
    """Beside what a process of this environment loads anyway, such as hooks of editable installs."""
    assert loaded_by(code) - loaded_by("pass") <= CORE


def test_every_public_name_has_its_home_said_once_for_readers_and_once_for_the_interpreter() -> None:
    source = ast.parse((SRC / "__init__.py").read_text())
    block = next(node for node in source.body if isinstance(node, ast.If))
    said = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert said == questscore._HOME_OF
    assert sorted({*said, "__version__"}) == sorted(questscore.__all__)
    assert all(hasattr(questscore, name) for name in questscore.__all__)
