"""`import spikerate`: the names that a user needs, imported when they are asked for."""

import subprocess
import sys

import numpy as np
import pytest

import spikerate


def test_a_pair_is_trained_with_the_public_names_alone():
    task = spikerate.make_task("sine", 5e-5)
    for kind in ("spiking", "rate"):
        network, state = spikerate.draw(kind, 20.0, 0.1, neurons=50)
        done = spikerate.train(network, state, task.train.target, 1e-4, update_steps=100)
        decoder, end = done["decoder"].values, spikerate.state_of(network, done)
        ran = spikerate.run(network, end, decoder, 400)
        assert np.isfinite(ran["readout"]).all()


@pytest.mark.parametrize("name", spikerate.__all__)
def test_every_public_name_is_there(name):
    assert getattr(spikerate, name) is not None
    assert name in dir(spikerate)


def test_importing_the_package_imports_none_of_its_rooms():
    code = "import sys, spikerate; print([m for m in sys.modules if 'spikerate.' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'mystery'"):
        _ = spikerate.mystery
