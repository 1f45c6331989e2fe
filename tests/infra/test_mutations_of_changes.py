"""Mistakes in the program that only show when a stack that is there changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.accounts import empty_account
from tests.infra.mutations import Mutation, names, read
from tests.infra.scenarios import SCENARIOS
from tests.infra.stacks import stack_at

MUTATIONS = [one for one in read() if one.caught in SCENARIOS]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=names(MUTATIONS))
def test_the_mistake_is_noticed(mutation: Mutation, tmp_path: Path) -> None:
    """Without it all of them pass: test_program."""
    with empty_account() as account:
        made = stack_at(mutation.applied(tmp_path), account)
        with pytest.raises(AssertionError):
            SCENARIOS[mutation.caught](made, account)
        there = {("ec2", "associate_address"), ("autoscaling", "create_auto_scaling_group")}
        assert there & {*account.calls}, "it never was there to be changed"
