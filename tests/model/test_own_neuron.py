"""The tutorial's neuron: one file and one entry, from the config to a trained pair."""

import os
import subprocess
import sys

import pytest

import documents

pytestmark = pytest.mark.slow

PAIR = """
import numpy as np
import spikerate
from spikerate.analysis.simulate import spike_rates
from spikerate.figures.drawing import scheme
from spikerate.study import config

neuron = config.load("tiny", {"neuron": {"model": "qif", "sharpness": 15.0}})["neuron"]
assert neuron["model"] == "qif" and neuron["sharpness"] == 15.0 and "v_threshold" not in neuron
table = scheme.constants({"neuron": neuron, "dt": 5e-5, "errors": {"l2_cutoff": 5e-6}})
assert ("a", "width of the parabola", "15", "mV") in table, table
cell = spikerate.NEURONS["qif"](sharpness=15.0)
task, ends = spikerate.make_task("sine", 5e-5), {}
for numerics in ("exact", "published"):
    currents = np.array([-45.0, -39.0, -30.0, 0.0])
    counted = spike_rates(currents, neuron, 5e-5, 0.5, numerics)
    assert np.abs(counted - cell.rate(currents)).max() * 0.5 < 1.5, (numerics, counted)
    for kind in ("spiking", "rate"):
        for engine in ("numpy", "numba"):
            net, state = spikerate.draw(kind, 20.0, 0.1, neurons=60, neuron=neuron,
                                        numerics=numerics, engine=engine, seed=1)
            _, trace = net.advance(state, None, 200, recorded=range(60))
            ends[engine] = trace.filtered
            done = spikerate.train(net, state, task.train.target, 1e-3, update_steps=100,
                                   warm_up_steps=1000, repetitions=3)
            assert (done["status"] == "ok").all()
            assert done["training_nrmse"].item() < 0.6, (kind, engine, numerics)
        assert np.abs(ends["numpy"] - ends["numba"]).max() < 1e-9 * np.abs(ends["numpy"]).max()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree, with the tutorial's neuron."""
    tree = documents.copy_of_the_tree(tmp_path_factory.mktemp("qif") / "tree")
    for name in ("workflow/spikerate/model/qif.py", "qif.diff"):
        (tree / name).write_text(documents.named("tutorial.md", name))
    subprocess.run(["git", "apply", "qif.diff"], cwd=tree, check=True)
    return tree


def test_the_tutorials_neuron_is_trained_in_both_engines_and_numerics(tree):
    environment = os.environ | {"PYTHONPATH": str(tree / "workflow")}
    done = subprocess.run(
        [sys.executable, "-c", PAIR], cwd=tree, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
