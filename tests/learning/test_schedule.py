"""When what happens in a run."""

from itertools import pairwise

import pytest

from matteo.learning.batches import strength
from matteo.learning.recipes import RECIPES, Recipe, check
from matteo.learning.schedule import Plan, learning_rate, plan_steps


def test_a_rate_that_is_held_is_full_until_it_falls_to_zero() -> None:
    rates = [learning_rate(step / 1000, step, 10, hold=0.6) for step in range(1001)]
    assert rates[10:601] == [1.0] * 591
    assert all(a > b for a, b in pairwise(rates[601:]))
    assert rates[-1] == 0


def test_a_rate_that_is_not_held_falls_from_the_first_step() -> None:
    assert learning_rate(0.5, 500, 10) == pytest.approx(0.5)
    assert learning_rate(0.25, 250, 10) == pytest.approx(0.5 + 0.5 * 2**-0.5)


def test_warm_up_is_a_line_from_the_first_step() -> None:
    assert [learning_rate(0, step, 4, hold=0.5) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]


def test_steps_are_shared_as_the_stages_share_the_run() -> None:
    assert plan_steps(Recipe(stages=((0.25, 64, 8), (0.75, 96, 4))), 40) == Plan(((10, 64, 8), (30, 96, 4)))


@pytest.mark.parametrize("hold", [-0.1, 1.0])
def test_a_rate_that_never_falls_is_refused(hold: float) -> None:
    with pytest.raises(ValueError, match="hold is a share of the run"):
        check(Recipe(hold=hold))


def test_the_shipped_recipe_can_be_run() -> None:
    assert check(RECIPES["matteo"]) is RECIPES["matteo"]


def test_augmentation_is_calmer_from_where_the_rate_falls() -> None:
    recipe, plan = Recipe(hold=0.6, calm=0.25), Plan(((10, 64, 8),))
    assert [strength(recipe, plan, step) for step in range(10)] == [1.0] * 6 + [0.25] * 4
    assert {strength(Recipe(calm=0.25), plan, step) for step in range(10)} == {1.0}
