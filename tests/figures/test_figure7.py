"""Figure 7 from datasets made by hand."""

import itertools

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection, QuadMesh

from spikerate.figures.drawing import style
from spikerate.figures.drawing import trials as figure7
from spikerate.model.kinds import KINDS

RATES = {"slowest": 5e-7, "slow": 5e-6, "medium": 5e-5, "fast": 5e-4}
TIME = np.arange(40) * 5e-3
REPETITIONS, NEURONS = 12, [0, 25, 50, 74, 99]
MAPPED = 20  # repetitions at each point of the grid


def maps_of(rates=RATES, points=3, draws=1, seed=0):
    rng = np.random.default_rng(seed)
    dims = ("network", "alpha", "draw", "Q", "G")
    shape = (2, len(rates), draws, points, points)
    bias, variance = 10 ** rng.uniform(-4, 0, (2, *shape))
    share = variance / (bias + variance)
    values = {"bias_squared": bias, "variance": variance, "variance_share": share}
    values["failed_share"] = np.zeros(shape)
    coords = {"network": list(KINDS), "alpha": list(rates.values()), "draw": range(draws)}
    coords |= {"speed": ("alpha", np.array(list(rates), object))}
    coords |= {"Q": np.linspace(2, 30, points), "G": np.linspace(0, 0.2, points)}
    data = {name: (dims, value) for name, value in values.items()}
    return xr.Dataset(data, coords, {"repetitions": MAPPED})


def shown_of(rates=("slow", "fast"), outputs=1, failed=0):
    rng = np.random.default_rng(0)
    target = np.sin(10 * np.pi * TIME[:, None] + np.arange(outputs))
    shape = (len(rates), 2, REPETITIONS)
    readout = target + 0.1 * rng.normal(size=(*shape, *target.shape))
    filtered = 40 + 20 * rng.normal(size=(*shape, TIME.size, len(NEURONS)))
    shift = rng.normal(size=shape)
    shift[..., :failed] = np.nan
    alphas = [RATES[rate] for rate in rates]
    dims = ("alpha", "network", "repetition")
    data = {
        "readout": ((*dims, "time", "output"), readout),
        "filtered": ((*dims, "time", "recorded"), filtered),
        "shift": (dims, shift),
        "target": (("time", "output"), target),
        "starred_Q": ("alpha", np.full(len(rates), 22.0)),
        "starred_G": ("alpha", np.full(len(rates), 0.114)),
        "spike_alpha": ("spike", rng.choice(alphas, 300)),
        "spike_neuron": ("spike", rng.choice(NEURONS, 300)),
        "spike_repetition": ("spike", rng.integers(0, REPETITIONS, 300)),
        "spike_time": ("spike", rng.uniform(0, 0.2, 300)),
    }
    coords = {"alpha": alphas, "speed": ("alpha", np.array(rates, object)), "time": TIME}
    coords |= {"network": list(KINDS), "recorded": NEURONS, "repetition": range(REPETITIONS)}
    return xr.Dataset(data, coords)


def drawn(maps=None, shown=None):
    pair = maps_of() if maps is None else maps, shown_of() if shown is None else shown
    return figure7.draw({"sine": pair}, "the scale")


@pytest.fixture(scope="module")
def figure():
    whole = drawn()
    whole.draw_without_rendering()
    return whole


def title(axes):
    return axes.get_title(loc="left")


def meshes(figure):
    """Maps in the order of drawing: bias squared, variance, share; spiking, rate; slow to fast."""
    found = [c for axes in figure.axes for c in axes.collections if isinstance(c, QuadMesh)]
    return [mesh for mesh in found if mesh.get_array().size == 9]


def panels(figure, start):
    return [axes for axes in figure.axes if title(axes).startswith(start)]


def test_every_quantity_twin_and_learning_rate_has_its_map():
    maps = maps_of(draws=3)
    found = meshes(drawn(maps))
    wanted = list(itertools.product(("bias_squared", "variance", "variance_share"), KINDS,
                                    RATES.values()))  # fmt: skip
    for mesh, (name, twin, alpha) in zip(found, wanted, strict=True):
        values = maps[name].sel(network=twin, alpha=alpha).median("draw").transpose("G", "Q")
        np.testing.assert_array_equal(mesh.get_array(), values)


def test_bias_and_variance_share_one_scale_and_shares_one_from_0_to_1(figure):
    scales = [(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes(figure)]
    assert len(set(scales[:16])) == 1
    assert set(scales[16:]) == {(0, 1)}
    maps = maps_of()
    both = np.stack([maps["bias_squared"], maps["variance"]])
    assert scales[0][0] <= both.min()
    assert scales[0][1] >= both.max()


def test_a_twin_without_variance_does_not_stretch_the_scale():
    maps = maps_of()
    maps["variance"].loc[{"network": "rate"}] = 1e-30
    maps["bias_squared"].loc[{"network": "rate", "Q": 2.0}] = 0.0
    norm = meshes(drawn(maps))[0].norm
    assert norm.vmin > 0.9 * figure7.FLOOR * maps["bias_squared"].max()
    assert norm.vmax < 1.1


def test_points_where_nothing_counts_are_left_to_the_hatching():
    maps = maps_of()
    for name in ("bias_squared", "variance", "variance_share"):
        maps[name].loc[{"network": "rate", "G": 0.0}] = np.nan
    for k, mesh in enumerate(meshes(drawn(maps))):
        gone = np.ma.getmaskarray(mesh.get_array())
        assert gone[0].all() == (k // 4 % 2 == 1)
        assert not gone[1:].any()
        assert mesh.axes.patch.get_hatch()


def test_so_are_points_where_most_repetitions_are_left_out():
    maps = maps_of()
    maps["failed_share"].loc[{"network": "rate", "G": 0.0}] = 0.51
    maps["failed_share"].loc[{"network": "rate", "G": 0.2}] = 0.5
    for k, mesh in enumerate(meshes(drawn(maps))):
        gone = np.ma.getmaskarray(mesh.get_array())
        assert gone[0].all() == (k // 4 % 2 == 1)
        assert not gone[1:].any()


def test_the_raster_holds_the_spikes_of_its_learning_rate_in_the_strip_of_their_neuron(figure):
    shown = shown_of()
    for axes, alpha in zip(panels(figure, "spiking twin, spikes"), shown["alpha"].values,
                           strict=True):  # fmt: skip
        x, y = axes.lines[0].get_data()
        mine = shown.isel(spike=(shown["spike_alpha"] == alpha).values)
        np.testing.assert_array_equal(x, mine["spike_time"])
        strip = np.floor(y).astype(int)
        np.testing.assert_array_equal(np.array(NEURONS)[strip], mine["spike_neuron"])
        rank = (y - strip - 0.05) / 0.9 * REPETITIONS - 0.5
        np.testing.assert_allclose(rank, mine["spike_repetition"], atol=1e-9)
        labels = [text.get_text() for text in axes.get_yticklabels()]
        assert labels == [str(neuron) for neuron in NEURONS]


@pytest.mark.parametrize("failed", [0, 3])
def test_all_repetitions_that_count_are_drawn_with_their_mean(failed):
    shown = shown_of(failed=failed)
    figure = drawn(shown=shown)
    for twin, (k, alpha) in itertools.product(KINDS, enumerate(shown["alpha"].values)):
        axes = panels(figure, f"{twin} twin, readout")[k]
        (bundle,) = (c for c in axes.collections if isinstance(c, LineCollection))
        wanted = shown["readout"].sel(network=twin, alpha=alpha).isel(output=0).values[failed:]
        found = np.array([line[:, 1] for line in bundle.get_segments()])
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_allclose(axes.lines[0].get_ydata(), wanted.mean(axis=0))
        axes = panels(figure, f"{twin} twin, filtered")[k]
        bundles = [c for c in axes.collections if isinstance(c, LineCollection)]
        assert [len(c.get_segments()) for c in bundles] == [REPETITIONS - failed] * len(NEURONS)


def test_both_twins_currents_are_drawn_on_one_scale(figure):
    bars = [[text.get_text() for text in axes.texts if "s$^{-1}$" in text.get_text()]
            for axes in figure.axes if "filtered" in title(axes)]  # fmt: skip
    assert len(bars) == 4
    assert bars[0] == bars[1]
    assert bars[2] == bars[3]


def test_the_title_tells_point_rate_and_repetitions(figure):
    texts = [part.get_suptitle() for block in figure.subfigs for part in block.subfigs]
    counts = f"maps of {MAPPED}, runs of {REPETITIONS} repetitions of the test"
    assert figure.subfigs[0].get_suptitle().startswith(f"Sine: {counts}")
    same = drawn(maps_of().assign_attrs(repetitions=REPETITIONS))
    assert same.subfigs[0].get_suptitle().startswith(f"Sine: {REPETITIONS} repetitions of the test")
    slow, fast = texts[2:]
    assert slow.startswith(rf"slow learning ($\alpha$ = {style.number(5e-6)})")
    assert fast.startswith("fast learning")
    assert "Q = 22 mV, G = 0.114 mV s" in slow


def test_letters_and_scale_are_there_and_nothing_leaves_the_page(figure):
    marks = [t.get_text() for a in figure.axes for t in a.texts if t.get_gid() == "letter"]
    assert sorted(marks) == list("ABCDEFGHIJKLM")
    assert figure.get_supxlabel() == "the scale"
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= width
    assert box.y1 <= height


def test_panels_do_not_overlap(figure):
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    for first, second in itertools.combinations(boxes, 2):
        x = min(first.x1, second.x1) - max(first.x0, second.x0)
        y = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(x, y) < 1.0  # pixels


@pytest.mark.parametrize(
    ("maps", "shown"),
    [
        (maps_of(points=1), shown_of()),
        (maps_of({"slow": 5e-6, "fast": 5e-4}, draws=2), shown_of(outputs=4)),
        (maps_of({f"rate{k}": 10.0**-k for k in range(7, 0, -1)}), shown_of(("fast",))),
    ],
    ids=["a lone point", "two rates, four outputs", "more rates than fit"],
)
def test_studies_of_other_shapes_are_drawn(maps, shown):
    drawn(maps, shown).draw_without_rendering()


@pytest.mark.filterwarnings("error")
def test_a_study_in_which_nothing_counts_is_drawn_and_says_so():
    maps, shown = maps_of(), shown_of(failed=REPETITIONS)
    for name in ("bias_squared", "variance", "variance_share"):
        maps[name][:] = np.nan
    maps["failed_share"][:] = 1.0
    shown["filtered"][:] = np.nan
    figure = drawn(maps, shown.isel(spike=slice(0)))
    figure.draw_without_rendering()
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("no valid repetition") >= 4


def test_two_tasks_stand_one_above_the_other():
    figure = figure7.draw({"sine": (maps_of(), shown_of()), "fourier": (maps_of(), shown_of())}, "")
    assert [part.get_suptitle().split(":")[0] for part in figure.subfigs] == ["Sine", "Fourier"]


def test_the_starred_points_of_the_runs_shown_are_starred_on_every_map(figure):
    stars = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    rates = shown_of().sizes["alpha"]
    assert len(stars) == 3 * 2 * rates  # bias, variance and share of both twins
    assert {(line.get_xdata()[0], line.get_ydata()[0]) for line in stars} == {(22.0, 0.114)}
