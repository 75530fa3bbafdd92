# SPDX-License-Identifier: Apache-2.0
"""The short form of `make fault`: a few rounds of rounds.py with a seed of their own each time."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from rounds import play  # noqa: E402


@pytest.mark.parametrize("kind,rounds", [("sqlite", 12), ("postgresql", 5)])
def test_nothing_is_lost_and_nothing_twice(tmp_path, postgres, kind, rounds):
    seed = int.from_bytes(os.urandom(3))
    print(f"seed {seed}")
    counts = play(tmp_path, postgres.database() if kind == "postgresql" else None, seed, rounds)
    assert counts["kills"] == rounds and counts["push"] > 5 and counts["trigger"] > 5
