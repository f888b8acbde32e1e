"""Learning rules: one that is not RLS is trained with, saved and gone on from."""

import numpy as np
import pytest

from spikerate.learning import force
from spikerate.learning.registry import RULES, rule_of
from spikerate.model import networks


class Lms:
    """Least mean squares: the gain is alpha R over (1 + alpha R.R)."""

    def __init__(self, neurons, learning_rates, updates, engine):
        self.alpha = learning_rates[:, None]

    def gain(self, regressor):
        power = np.square(regressor).sum(axis=1, keepdims=True)
        return self.alpha * regressor / (1 + self.alpha * power)

    def arrays(self):
        return {}

    def restore(self, arrays):
        pass


def trained(kind, **settings):
    network, state = networks.draw(kind, [15.0, 15.0], 0.1, neurons=80, seed=1)
    target = np.sin(np.arange(4000) * 2 * np.pi / 4000)
    return force.train(
        network, state, target, [1e-6, 1e-3], update_steps=50, repetitions=4, **settings
    )


@pytest.mark.parametrize("kind", networks.TWINS)
def test_a_rule_of_ones_own_is_trained_with(kind):
    done = trained(kind, rule=Lms)
    assert (done["status"] == "ok").all()
    slow, fast = done["training_nrmse"].values
    assert fast < 0.5 < slow
    assert np.abs(done["decoder"] - trained(kind)["decoder"]).max() > 1e-4


def test_the_first_move_of_every_rule_is_that_of_one_sample():
    """At the first update P is alpha I, so that RLS is the normalised gradient step."""
    steps = [
        trained("rate", rule=rule)["decoder_change"].values[:, 0] for rule in (Lms, RULES["rls"])
    ]
    np.testing.assert_allclose(*steps, rtol=1e-12)


def test_an_unknown_rule_is_refused():
    assert rule_of("rls") is RULES["rls"]
    with pytest.raises(ValueError, match="learning rule must be one of rls, got 'hebb'"):
        rule_of("hebb")


class Saved:
    """A checkpoint in memory that is due at one update, and breaks off there."""

    due = True

    def __init__(self, at):
        self.at, self.arrays = at, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def load(self):
        return self.arrays

    def save(self, arrays, where):
        if where.startswith(f"update {self.at} of") and self.arrays is None:
            self.arrays = {name: np.copy(a) for name, a in arrays.items()}
            raise KeyboardInterrupt


def test_a_training_goes_on_from_any_object_that_saved_it():
    checkpoint = Saved(at=100)
    with pytest.raises(KeyboardInterrupt):
        trained("spiking", rule=Lms, checkpoint=checkpoint)
    again, whole = trained("spiking", rule=Lms, checkpoint=checkpoint), trained("spiking", rule=Lms)
    np.testing.assert_array_equal(again["decoder"], whole["decoder"])
