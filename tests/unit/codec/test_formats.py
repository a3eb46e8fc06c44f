"""Each format, with the traps it holds: what passes elsewhere in silence is an error here, with its place."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from questscore import MissingExtra, ModelError
from questscore.codec import dump_model, load_model
from questscore.codec.bounds import DEEPEST, LARGEST, MOST_DOTS, MOST_NODES, bounded
from questscore.codec.formats import FORMATS
from questscore.codec.yaml_text import read_yaml
from unit.codec.whole import SMALL, Table

TOML = 'name = "small"\nsubject = "user"\n[[rules]]\nname = "r"\non = "login"\npoints = 5\n'
JSON = json.dumps(SMALL, indent=1)
YAML = "name: small\nsubject: user\nrules:\n  - name: r\n    on: login\n    points: 5\n"
TEXTS = {".toml": TOML, ".json": JSON, ".yaml": YAML, ".yml": YAML}


def refused(folder: Path, suffix: str, text: str | bytes) -> str:
    """What is said about a file with this content, without the path in front."""
    path = folder / f"model{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert all(problem.what and problem.fix for problem in caught.value.problems)
    assert str(caught.value).startswith(f"{path}: ")
    return "\n".join(f"{p.where}: {p.what}; {p.fix}" for p in caught.value.problems)


@pytest.mark.parametrize("suffix", TEXTS)
def test_each_suffix_is_read(suffix: str, tmp_path: Path) -> None:
    """Upper case, a byte order mark and Windows line ends included."""
    path = tmp_path / f"m{suffix.upper()}"
    path.write_bytes(b"\xef\xbb\xbf" + TEXTS[suffix].replace("\n", "\r\n").encode())
    assert load_model(path) == load_model(SMALL)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Each names the path and what to do."""
    for name, says in (
        ("nowhere.toml", "no such file"),
        (".", "is a directory"),
        ("x" * 5000 + ".toml", "cannot be read"),
        ("a\0b.toml", "cannot be read"),
    ):
        with pytest.raises(ModelError, match=says):
            load_model(str(tmp_path / name))
    (tmp_path / "m.ini").write_text(TOML)
    with pytest.raises(ModelError, match=r"ends in '.ini', and a model ends in .toml, .json, .yaml, .yml"):
        load_model(tmp_path / "m.ini")


@pytest.mark.parametrize("suffix", TEXTS)
def test_what_is_no_text_of_a_model(suffix: str, tmp_path: Path) -> None:
    assert "is empty" in refused(tmp_path, suffix, "")
    assert "is empty" in refused(tmp_path, suffix, " \n\t\n")
    assert "byte 0xe9 at position 8" in refused(tmp_path, suffix, 'name = "é"'.encode("latin-1"))
    assert "not UTF-8" in refused(tmp_path, suffix, TEXTS[suffix].encode("utf-16"))
    assert "larger than 256 KiB" in refused(tmp_path, suffix, TEXTS[suffix] + " " * LARGEST)


def test_a_file_of_the_greatest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(JSON + " " * (LARGEST - len(JSON)))
    assert load_model(path) == load_model(SMALL)


@pytest.mark.parametrize(
    ("suffix", "text", "says"),
    [
        # TOML
        (".toml", 'name = "small\nsubject = "user"', "line 1, column 14: is not TOML"),
        (".toml", 'name = "small"\nsubject = ', "line 2"),
        (".toml", TOML + "points = 6\n", "line 7, column 11: is not TOML"),
        (".toml", TOML + "[[rules]\n", "line 7"),
        (".toml", TOML.replace("5", "inf"), "rules[0].points: inf is not a number that can be used"),
        (".toml", TOML.replace("5", "nan"), "rules[0].points: nan is not a number"),
        (".toml", TOML.replace("5", "1e999"), "rules[0].points: 1e999 is not a number"),
        (".toml", TOML.replace("5", "9" * 5000), "is not TOML"),
        (".toml", TOML.replace("5", "9" * 30), "rules[0].points: an integer beyond"),
        (".toml", TOML.replace("5", "12:30:00"), "rules[0].points: a value of type 'time'"),
        (".toml", TOML.replace("5", "2026-03-01"), "rules[0].points: datetime.date(2026, 3, 1) is not"),
        (".toml", TOML.replace("5", "true"), "rules[0].points: True is not a number"),
        (".toml", 'name = "\ud83d"'.encode("utf-8", "surrogatepass"), "not UTF-8"),
        (".toml", r'name = "\ud83d"', "line 1"),
        # JSON
        (".json", JSON[:-1], "is not JSON"),
        (".json", JSON.replace("5", "5,"), "is not JSON"),
        (".json", JSON.replace("5", "NaN"), "rules[0].points: NaN is not a number that can be used"),
        (".json", JSON.replace("5", "-Infinity"), "rules[0].points: -Infinity is not a number"),
        (".json", JSON.replace("5", "1e999"), "rules[0].points: 1e999 is not a number"),
        (".json", JSON.replace("5", "9" * 5000), "rules[0].points: 999"),
        (".json", JSON.replace("5", '5, "points": 6'), "rules[0].points: the key 'points' stands here twice"),
        (".json", JSON.replace('"login"', '"\\ud83d"'), "rules[0].on: a text with half a character"),
        (".json", f"[{JSON}]", "is not a table"),
        (".json", "null", "None is not a table"),
        (".json", JSON + JSON, "is not JSON: Extra data"),
        (".json", "\ufeff\ufeff" + JSON, "line 1"),
        # YAML
        (".yaml", "name: [a", "is not YAML"),
        (".yaml", "rules:\n\t- a", "line 2, column 1: is not YAML"),
        (".yaml", YAML + "name: b\n", "name: the key 'name' stands here twice"),
        (".yaml", YAML + "below: &a x\n", "line 7, column 8: an anchor (&a) is not allowed"),
        (".yaml", YAML + "below: *a\n", "line 7, column 8: an alias (*a) is not allowed"),
        (".yaml", YAML + "below: !!str x\n", "line 7, column 8: a tag (tag:yaml.org,2002:str)"),
        (".yaml", YAML + "below: !!python/object/apply:os.getcwd []\n", "a tag"),
        (".yaml", YAML + "!x below: a\n", "line 7, column 1: a tag"),
        (".yaml", YAML + "<<: {below: x}\n", "line 7, column 1: a merge key"),
        (".yaml", "%YAML 1.1\n---\n" + YAML, "a directive"),
        (".yaml", "%TAG ! !x\n---\n" + YAML, "a directive"),
        (".yaml", YAML + "---\n" + YAML, "line 7, column 1: is a second document"),
        (".yaml", YAML + "below:\n", "nothing stands here"),
        (".yaml", YAML + "1: x\n", "line 7, column 1: 1 as a key"),
        (".yaml", YAML + "? [a]\n: x\n", "a list or table as a key"),
        (".yaml", YAML.replace("5", "no"), "line 6, column 13: no may be a text or a boolean"),
        (".yaml", YAML.replace("5", "010x"), "rules[0].points: column"),
        (".yaml", YAML.replace("5", ".inf"), "rules[0].points: .inf is not a number"),
        (".yaml", YAML.replace("5", "1e999"), "rules[0].points: 1e999 is not a number"),
        (".yaml", YAML.replace("5", "9" * 5000), "rules[0].points: 999"),
        (".yaml", YAML.replace("5", "0x" + "9" * 5000), "rules[0].points: 0x999"),
        (".yaml", YAML + "version: 3\n", "version: 3 is not a name"),
        (".yaml", "- a\n- b\n", "['a', 'b'] is not a table"),
        (".yaml", "# nothing\n", "None is not a table"),
        (".yaml", 'name: "\\UFFFFFFFF"\n', "is not YAML"),
        (".yaml", "name: \x07\n", "is not YAML"),
    ],
)  # fmt: skip
def test_traps(suffix: str, text: str | bytes, says: str, tmp_path: Path) -> None:
    """Told with line and column where there is no table yet, else by place in the model."""
    assert says in refused(tmp_path, suffix, text)


def test_json_and_yaml_tell_doubled_keys_with_all_else(tmp_path: Path) -> None:
    found = refused(tmp_path, ".json", JSON.replace("5", '5, "points": 6, "limit": 3').replace("user", "usr"))
    assert [line.split(":")[0] for line in found.splitlines()] == [
        "rules[0].points",
        "subject",
        "rules[0].limit",
    ]
    found = refused(tmp_path, ".yaml", YAML.replace("user", "usr") + "    points: 6\n    points: 7\n")
    assert [line.split(":")[0] for line in found.splitlines()] == ["rules[0].points", "subject"]


def test_plain_scalars_of_yaml_mean_what_its_core_schema_says() -> None:
    """Where older YAML saw times, octal numbers and booleans, there is text, a number or an error."""
    text = "a: [010, 0o17, 0x1F, 1e3, .5, -1.5, +3, 12:30:45, 1_000, 2026-03-01, 2026-03-01T09:00:00Z, ~]\n"
    assert read_yaml(text) == {
        "a": [
            10,
            15,
            31,
            1000.0,
            0.5,
            -1.5,
            3,
            "12:30:45",
            "1_000",
            "2026-03-01",
            "2026-03-01T09:00:00Z",
            None,
        ]
    }
    assert read_yaml("on: [True, FALSE, tRUE, 'no', \"yes\", nobody]\noff: null\n") == {
        "on": [True, False, "tRUE", "no", "yes", "nobody"],
        "off": None,
    }
    assert read_yaml("a: >\n  one\n  two\nb: |\n  no\nc: {x: []}\n") == {
        "a": "one two\n",
        "b": "no\n",
        "c": {"x": []},
    }


# -- bounds ---------------------------------------------------------------------------------------


def nested(depth: int) -> object:
    value: object = 1
    for i in range(depth):
        value = [value] if i % 2 else {"a": value}
    return value


def test_the_depth_and_the_number_of_values_are_bounded() -> None:
    """At the bound, and one beyond."""
    assert bounded(nested(DEEPEST))[1] == []
    with pytest.raises(ModelError, match="more than 32 deep"):
        bounded(nested(DEEPEST + 1))
    assert bounded([1] * (MOST_NODES - 1))[1] == []
    with pytest.raises(ModelError, match="more than 10,000 values"):
        bounded([1] * MOST_NODES)
    with pytest.raises(ModelError, match="more than 256 KiB of text"):
        bounded({"a": "x" * LARGEST})
    endless: Table = {}
    endless["model"] = endless
    with pytest.raises(ModelError, match="more than 32 deep"):
        load_model(endless)


def test_the_dots_of_a_line_of_toml_are_bounded(tmp_path: Path) -> None:
    key = ".".join(["a"] * MOST_DOTS)
    assert "32 deep" in refused(tmp_path, ".toml", f"{key}.a = 1")
    assert "line 2: has 257 dots, more than 256" in refused(tmp_path, ".toml", f"\n{key}.a.a = 1")


BOMBS = [
    (".json", "[" * 262_000),
    (".json", '{"a":' * 40_000),
    (".json", "[" + "1e999," * 40_000 + "1]"),
    (".json", "{" + '"a":1,' * 40_000 + '"a":1}'),
    (".json", "[" + "9" * 260_000 + "]"),
    (".json", json.dumps({f"key {i}": 1 for i in range(9000)})),
    (".toml", ".".join(["a"] * 32_000) + " = 1"),
    (".toml", "\n".join(f"{'a.' * 250}b{i} = 1" for i in range(480))),
    (".toml", "\n".join(f"[{'a.' * 120}b{i}]" for i in range(1000))),
    (".toml", "[[a.b]]\n" * 30_000),
    (".toml", "\n".join(f"a{i}{'.a' * 250} = 1" for i in range(480))),
    (".toml", "a = " + "[" * 131_000),
    (".toml", "a = {" + "a = {" * 50_000),
    (".toml", "a = " + "9" * 250_000),
    (".toml", 'a = """' + '\\"' * 130_000 + '"""'),
    (".toml", "".join(f"a{i} = 1\n" for i in range(25_000))),
    (".yaml", "a: &a [x, x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(9))),
    (".yaml", "[" * 262_000),
    (".yaml", "{a: " * 65_000),
    (".yaml", "- " * 130_000),
    (".yaml", "".join(" " * i + "a:\n" for i in range(700))),
    (".yaml", "? " * 130_000),
    (".yaml", "&" * 260_000),
    (".yaml", ":" * 260_000),
    (".yaml", "'" * 262_000),
    (".yaml", "---\n" * 65_000),
]


def _rules_about(names: list[str]) -> list[Table]:
    return [{"name": f"r{i}", "on": "e", "where": f"{name} > 1", "points": 1} for i, name in enumerate(names)]


def _signals(names: list[str]) -> list[Table]:
    return [{"name": f"signal_{i}", "kind": "formula", "expr": name} for i, name in enumerate(names)]


MISSPELT: list[Table] = [
    {"signals": _signals([f"signall_{i}" for i in range(2400)])},
    {
        "events": {"e": [f"property_{i}_{'x' * 20}" for i in range(700)]},
        "rules": _rules_about([f"propert_{i}_{'x' * 20}" for i in range(1500)]),
    },
    {
        "events": {"e": [f"{'a' * 60}{i}" for i in range(700)]},
        "rules": _rules_about([f"{'a' * 60}b{i}" for i in range(900)]),
    },
]


@pytest.mark.parametrize("parts", MISSPELT)
def test_thousands_of_misspelt_names_are_refused_soon(parts: Table) -> None:
    """The nearest name is looked for as long as that is cheap; a file of this size took minutes once."""
    start = time.perf_counter()
    with pytest.raises(ModelError) as caught:
        load_model({"name": "m", "subject": "user", **parts})
    assert time.perf_counter() - start < 5
    assert "the nearest" in caught.value.problems[0].what
    assert "more problems" in caught.value.problems[-1].what


def test_bombs_are_refused_soon(tmp_path: Path) -> None:
    """Six and twenty of them; each may take as long as an honest file of the greatest size."""
    for suffix, text in BOMBS:
        start = time.perf_counter()
        refused(tmp_path, suffix, text)
        assert time.perf_counter() - start < 5, text[:20]


# -- extras ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "package"), [(".toml", "tomli_w"), (".yaml", "ruamel.yaml"), (".yml", "ruamel.yaml")]
)
def test_a_missing_extra_is_named(
    suffix: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / f"m{suffix}"
    path.write_text(TEXTS[suffix])
    extra = "toml" if suffix == ".toml" else "yaml"
    with pytest.raises(MissingExtra, match=rf"pip install 'questscore\[{extra}\]'"):
        dump_model(load_model(SMALL), path)
    if extra == "yaml":
        with pytest.raises(MissingExtra, match=r"pip install 'questscore\[yaml\]'"):
            load_model(path)
    else:
        assert load_model(path) == load_model(SMALL)
    assert path.read_text() == TEXTS[suffix]


def test_the_formats_are_those_that_are_named() -> None:
    assert set(FORMATS) == set(TEXTS)
