"""Models in files.

Lives here: `load_model` and `dump_model`; what is wrong with a file as a file.
Lives elsewhere: the formats (formats), the meaning of the tables (structure, unstructure).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from questscore.codec.bounds import LARGEST, bounded, told
from questscore.codec.formats import FORMATS, Format
from questscore.codec.structure import from_mapping
from questscore.codec.unstructure import to_mapping
from questscore.errors import ModelError, nearest
from questscore.model.score_model import ScoreModel


def load_model(source: str | Path | Mapping[str, object]) -> ScoreModel:
    """A model from a TOML, JSON or YAML file, or from a mapping of the same form.

    Args:
        source: A path that ends in ``.toml``, ``.json``, ``.yaml`` or ``.yml``, or a mapping. Of at most
            256 KiB, 10,000 values and 32 levels of nesting.

    Raises:
        ModelError: Everything that is wrong with it, each problem with its place and fix.
        MissingExtra: YAML needs the ``yaml`` extra.

    >>> load_model({"name": "m", "subject": "user", "rules": [{"name": "r", "on": "login", "points": 5}]})
    <ScoreModel 'm' version 1: 0 signals, 1 rules, 0 levels, by user>
    """
    if isinstance(source, Mapping):
        return from_mapping(source)
    if not isinstance(source, (str, Path)):
        what = f"a value of type {type(source).__name__!r} is no source of a model"
        raise ModelError(what, fix="pass a path or a mapping")
    try:
        return from_mapping(_read(Path(source)))
    except ModelError as error:
        name = str(source)
        raise error.from_source(name if len(name) < 300 else f"…{name[-300:]}") from None


def dump_model(model: ScoreModel, path: str | Path) -> None:
    """Writes a model to a file that `load_model` reads as the same model.

    Args:
        model: The model.
        path: Where to; its suffix says the format.

    Raises:
        ModelError: An unknown suffix, a model that is larger than what `load_model` reads, or a file that
            cannot be written.
        MissingExtra: TOML and YAML are written with the extras of the same names.
    """
    if not isinstance(path, (str, Path)):
        raise ModelError(f"a {type(path).__name__} is no path", where="path", fix="pass such as 'model.toml'")
    path = Path(path)
    made = _format(path)
    table = to_mapping(model)
    _, problems = bounded(table)
    if problems:
        raise ModelError(told(problems))
    text = made.write(table)
    if len(text.encode()) > LARGEST:
        raise _too_large()
    made.read(text)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        fix = "check that its directory exists and may be written to"
        raise ModelError(f"cannot be written: {why}", fix=fix, source=str(path)) from error


def _format(path: Path) -> Format:
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    known = ", ".join(FORMATS)
    what = f"ends in {suffix!r}" if suffix else "has no suffix"
    near = nearest(suffix, FORMATS)
    raise ModelError(f"{what}, and a model ends in {known}", fix=f"rename it to end in {near or '.toml'}")


def _read(path: Path) -> object:
    content = _content(path)
    made = _format(path)
    if len(content) > LARGEST:
        raise _too_large()
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text: byte {content[error.start]:#04x} at position {error.start}"
        raise ModelError(what, fix="save it as UTF-8") from None
    if not text.strip():
        fix = "write a table with at least 'name' and 'subject'"
        raise ModelError("the file is empty", where="line 1", fix=fix)
    try:
        return made.read(text)
    except ModelError as error:
        raise ModelError(told(error.problems)) from None


def _content(path: Path) -> bytes:
    """What is in the file, up to one byte more than may be."""
    try:
        if path.is_dir():
            raise IsADirectoryError
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        fix = "check the path; a relative one starts at the working directory"
        raise ModelError("there is no such file", fix=fix) from None
    except IsADirectoryError:
        raise ModelError("is a directory", fix="name the file in it") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"cannot be read: {why}", fix="check the path and its permissions") from None


def _too_large() -> ModelError:
    return ModelError(f"is larger than {LARGEST // 1024} KiB", fix="split it into several models")
