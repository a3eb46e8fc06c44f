"""The answers of an independent evaluator of the contract, which both of ours must give.

The cases lie beside the repository, in ``../shared/conformance``; where they do not, these tests skip.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from support.cases import Case
from support.compare import differences
from support.judge import by_engine, by_reference

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "conformance" / "as_at.jsonl.gz"
CHUNK = 40
SIZE = 400

pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason="the conformance cases (../shared/conformance/as_at.jsonl.gz) are not here"
)


def read(first: int) -> list[dict[str, Any]]:
    with gzip.open(CASES, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    assert len(found) == SIZE
    return found[first : first + CHUNK]


@pytest.mark.parametrize("first", range(0, SIZE, CHUNK))
@pytest.mark.parametrize("answer", [by_reference, by_engine])
def test_the_independent_answers(answer: Any, first: int) -> None:
    """Score, raw, level, points, adjustments and signals of every subject of every case."""
    wrong = {}
    for found in read(first):
        case = Case(found["model"], found["events"], found["at"])
        expected = {name: {"subject": name, **scored} for name, scored in found["expected"].items()}
        if lines := differences(answer(case), expected):
            wrong[found["case"]] = lines[:3]
    assert wrong == {}
