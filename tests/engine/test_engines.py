"""The compiled engine against the NumPy reference, and when a compiled kernel may be used."""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from spikerate.analysis import errors
from spikerate.engine import selection
from spikerate.learning import force
from spikerate.learning.rls import LowRank
from spikerate.model import networks
from spikerate.tasks import registry as tasks

pytest.importorskip("numba")
LIBRARY = Path(selection.__file__).parents[1]
STEPS = 200
SHORT = {
    "pitchfork": {"pulses": 2},
    "lorenz": {"train_duration": 0.1, "test_duration": 0.1},
}


def pair(kind, **settings):
    """The same networks for both engines, and their state."""
    drawn = [networks.draw(kind, engine=name, **settings) for name in ("numpy", "numba")]
    return [twin for twin, _ in drawn], drawn[0][1]


def assert_close(found, wanted, tolerance=1e-12):
    scale = np.abs(wanted).max() or 1.0
    assert np.abs(found - wanted).max() <= tolerance * scale


@pytest.mark.parametrize("numerics", ["exact", "published"])
@pytest.mark.parametrize("draws", ["shared", "per_point"])
@pytest.mark.parametrize("kind", ["spiking", "rate"])
@pytest.mark.parametrize("name", sorted(tasks.TASKS))
def test_both_engines_take_the_same_steps_on_every_task(name, kind, draws, numerics):
    task = tasks.make(name, 5e-5, **SHORT.get(name, {}))
    twins, state = pair(
        kind, encoder_strength=[15.0, 25.0], reservoir_strength=[0.1, 0.2], neurons=120, seed=2,
        outputs=task.outputs, channels=task.channels, reservoir_draws=draws, numerics=numerics,
    )  # fmt: skip
    shape = 2, task.outputs, 120
    decoder = np.random.default_rng(0).standard_normal(shape) * 2e-3 / np.sqrt(task.outputs)
    inputs = None if task.train.input is None else 10 * np.roll(task.train.input[:STEPS], 50)
    if inputs is not None:
        inputs[60:120] = 1.0
    ends = [t.advance(state, decoder, STEPS, inputs, recorded=range(120)) for t in twins]
    for name_, wanted in ends[0][0].arrays().items():
        assert_close(getattr(ends[1][0], name_), wanted)
    assert_close(ends[1][1].readout, ends[0][1].readout)
    assert_close(ends[1][1].filtered, ends[0][1].filtered)
    assert np.abs(ends[0][1].readout[:, -1]).min() > 0


@pytest.mark.parametrize("kind", ["spiking", "rate"])
def test_both_engines_train_alike_at_several_seeds(kind):
    task = tasks.make("sine", 5e-5)
    found = {"numpy": [], "numba": []}
    for seed in range(3):
        twins, state = pair(
            kind, encoder_strength=[15.0, 20.0, 25.0], reservoir_strength=0.12, neurons=150,
            seed=seed,
        )  # fmt: skip
        for twin in twins:
            done = force.train(
                twin,
                state,
                task.train.target,
                5e-5,
                update_steps=100,
                warm_up_steps=1000,
                repetitions=6,
            )
            end = force.state_of(twin, done)
            test = force.run(twin, end, done["decoder"].values, 4000, recorded=range(150))
            target = task.train.target[::10]
            rate = test["filtered"].mean().item()
            nrmse = errors.nrmse(test["readout"].values, target)
            training = done["training_nrmse"].values
            found[twin.engine].append((done["decoder"].values, training, rate, nrmse))
    decoders, training, rates, test = (
        {name: np.array([seed[k] for seed in seeds]) for name, seeds in found.items()}
        for k in range(4)
    )
    same = errors.decoder_correlation(decoders["numpy"], decoders["numba"])
    assert same.min() > 0.99
    for statistic in (training, rates, test):
        assert statistic["numba"].mean() == pytest.approx(statistic["numpy"].mean(), rel=0.02)


def test_both_engines_have_the_same_gain():
    rng, gains = np.random.default_rng(0), []
    regressors = rng.standard_normal((30, 2, 80)) * 30
    for name in ("numpy", "numba"):
        learner = LowRank(80, np.array([5e-6, 5e-3]), 30, name)
        gains.append([learner.gain(r) for r in regressors])
    assert_close(np.array(gains[1]), np.array(gains[0]))


def test_single_precision_products_stay_close_to_double_ones():
    ends = []
    for precision in ("double", "single"):
        twin, state = networks.draw(
            "rate", [20.0], 0.1, neurons=150, product_precision=precision, seed=1
        )
        ends.append(twin.advance(state, None, 2000)[0].filtered)
    difference = np.abs(ends[1] - ends[0]).max() / ends[0].max()
    assert 1e-12 < difference < 1e-4


def test_the_engine_is_the_compiled_one_where_numba_is_installed(monkeypatch):
    names = [selection.resolve(name) for name in selection.ENGINES]
    assert names == ["numba", "numpy", "numba"]
    monkeypatch.setattr(selection, "find_spec", lambda name: None)
    assert selection.resolve("auto") == "numpy"
    with pytest.raises(ValueError, match="needs the package numba"):
        selection.resolve("numba")


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None  # as if it were not installed
from spikerate.model import networks
twin, state = networks.draw("rate", 10.0, 0.1, neurons=20, engine="numpy")
twin.advance(state, None, 10)
"""


def test_the_reference_works_without_numba():
    environment = os.environ | {"PYTHONPATH": str(LIBRARY.parent)}
    subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], env=environment, check=True)


@pytest.mark.parametrize("name", ["auto", "numba"])
def test_kernels_that_would_run_as_python_are_refused(name, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with pytest.raises(ValueError, match="NUMBA_DISABLE_JIT in the environment forbids"):
        networks.draw("rate", 1.0, 0.1, neurons=4, engine=name)
    assert selection.resolve("numpy") == "numpy"


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="engine must be one of auto, numpy, numba, got 'cython'"):
        networks.draw("rate", 1.0, 0.1, neurons=4, engine="cython")


STEP = """
from spikerate.model import networks
for engine in ("numpy", "numba"):
    twin, state = networks.draw("spiking", 10.0, 0.1, neurons=20, engine=engine)
    print(float(twin.advance(state, None, 50)[0].v.sum()))
"""


def voltages(folder):
    """Sums of the voltages that both engines of a copy of the library arrive at."""
    run = subprocess.run(
        [sys.executable, "-c", STEP], env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [float(word) for word in run.stdout.split()]


@pytest.fixture
def library(tmp_path):
    """A copy of the library, to be edited."""
    ignore = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(LIBRARY, tmp_path / "spikerate", ignore=ignore)


def kernels(library):
    """Compiled kernels that a copy of the library has on disk, with their times."""
    return {path: path.stat().st_mtime_ns for path in library.rglob("*.nbc")}


def edit(path, old, new):
    code = path.read_text()
    assert old in code
    path.write_text(code.replace(old, new))


def assert_both_engines_follow(library, change):
    """Assert that an edit moves the voltages of both engines by the same."""
    before = voltages(library.parent)
    change()
    after = voltages(library.parent)
    for numpy, numba in (before, after):
        assert numba == pytest.approx(numpy, rel=1e-12)
    assert abs(after[1] - before[1]) > 1.0


def test_a_kernel_is_compiled_anew_when_an_equation_changes(library):
    old = "return constants[0] * (current - v)"
    change = partial(edit, library / "model/lif.py", old, old.replace("(", "0.5 * ("))
    assert_both_engines_follow(library, change)


def test_both_engines_follow_an_edit_of_whatever_file_holds_what_an_equation_uses(library):
    own = library / "model" / "own.py"
    own.write_text("LEAKS = 2.0\n\n\ndef gap(v, current):\n    return LEAKS * (current - v)\n")
    lif, line = library / "model/lif.py", "from typing import Any, ClassVar\n"
    edit(lif, line, f"{line}from spikerate.model.own import gap\n")
    edit(lif, "constants[0] * (current - v)", "constants[0] * gap(v, current)")
    assert_both_engines_follow(library, partial(edit, own, "return LEAKS", "return 0.5 * LEAKS"))
    assert_both_engines_follow(library, partial(edit, own, "LEAKS = 2.0", "LEAKS = 4.0"))


def test_kernels_are_found_on_disk_until_what_they_do_changes(library):
    voltages(library.parent)
    compiled = kernels(library)
    lif = library / "model/lif.py"
    edit(lif, '"""Change of the voltage', '"""A change of the voltage')
    edit(lif, "    return constants[0] *", "    # a comment\n\n    return constants[0] *")
    voltages(library.parent)
    assert kernels(library) == compiled != {}


SCALE = 2.0


def doubled(x):
    return SCALE * x


def outer(x):
    return np.sqrt(doubled(x))


def uses_what_cannot_be_followed(x):
    return os.sep + x


def test_a_kernel_may_use_functions_numbers_and_numpy_and_nothing_else():
    from spikerate.engine.cache import compiled

    assert compiled(outer)(8.0) == 4.0
    with pytest.raises(TypeError, match="uses os: it may use functions and numbers"):
        compiled(uses_what_cannot_be_followed)
    factor = 3.0
    with pytest.raises(TypeError, match="must not use variables of a function around it"):
        compiled(lambda x: factor * x)
