"""Figure 6 from datasets made by hand."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb

from spikerate.analysis import sizes
from spikerate.figures.drawing import sizes as figure6
from spikerate.figures.drawing import style

RATES = {"slowest": 5e-7, "slow": 5e-6, "medium": 5e-5, "fast": 5e-4}
MINUS = "\N{MINUS SIGN}"


def maps_of(rates=RATES, points=4, draws=1, scale=1.0, seed=0):
    """Maps whose l2 error is 2e-6 times the relative one."""
    rng = np.random.default_rng(seed)
    shape = (2, 2, len(rates), draws, points, points)
    error = scale * 10 ** rng.uniform(-2, 0, shape)
    dims = ("network", "decoder", "alpha", "draw", "Q", "G")
    data = {"aligned_nrmse": (dims, error), "aligned_l2_error": (dims, 2e-6 * error)}
    coords = {"network": ["spiking", "rate"], "decoder": ["own", "other"], "draw": range(draws)}
    coords |= {"alpha": list(rates.values()), "speed": ("alpha", list(rates))}
    coords |= {"Q": np.linspace(2, 30, points), "G": np.linspace(0, 0.2, points)}
    return xr.Dataset(data, coords, {"l2_cutoff": 4e-7, "measure": "aligned_l2_error"})


def sizes_of(neurons=(250, 500, 1000), draws=6, slope=-0.5):
    rng = np.random.default_rng(0)
    shape = (2, 2, len(RATES), len(neurons), draws)
    size = np.array(neurons, dtype=float)[:, None]
    error = 3 * size**slope * 10 ** (0.1 * rng.standard_normal(shape))
    data = {
        "aligned_nrmse": (("network", "decoder", "alpha", "neurons", "draw"), error),
        "decoder_correlation": (("alpha", "neurons", "draw"), rng.uniform(0.3, 0.7, shape[2:])),
    }
    coords = {"network": ["spiking", "rate"], "decoder": ["own", "other"], "draw": range(draws)}
    coords |= {"alpha": list(RATES.values()), "speed": ("alpha", list(RATES))}
    attrs = {"task": "sine", "Q": 20.0, "G": 0.125, "measure": "aligned_l2_error"}
    return xr.Dataset(data, coords | {"neurons": list(neurons)}, attrs)


def drawn(maps=None, gathered=None):
    return figure6.draw(
        maps or {"sine": maps_of()}, sizes_of() if gathered is None else gathered, "the scale"
    )


@pytest.fixture(scope="module")
def figure():
    """Three tasks, laid out as for the page."""
    tasks = {"ode_to_joy": maps_of(draws=2), "fourier": maps_of(points=3), "sine": maps_of()}
    whole = drawn(tasks)
    whole.draw_without_rendering()
    return whole


def title(axes):
    return axes.get_title(loc="left")


def heat_maps(figure):
    """Axes of the maps, in the order of drawing."""
    return [a for a in figure.axes if title(a) and mesh_of(a) is not None]


def mesh_of(axes):
    return next((c for c in axes.collections if isinstance(c, QuadMesh)), None)


def panel(figure, start):
    """Axes of panel B or C by the start of their title."""
    return next(a for a in figure.subfigs[1].axes if title(a).startswith(start))


def test_every_task_twin_and_learning_rate_has_its_map_slow_to_fast():
    maps = {"ode_to_joy": maps_of(seed=1), "fourier": maps_of(points=3), "sine": maps_of(seed=2)}
    found = iter(heat_maps(drawn(maps)))
    for task in maps.values():
        for twin in ("spiking", "rate"):
            for name, alpha in RATES.items():
                axes = next(found)
                assert title(axes) == f"{name}\n{style.number(alpha)}"
                where = {"network": twin, "alpha": alpha, "decoder": "own", "draw": 0}
                wanted = task["aligned_nrmse"].sel(where).transpose("G", "Q")
                np.testing.assert_array_equal(mesh_of(axes).get_array(), wanted)
    assert not list(found)


def test_all_maps_share_one_scale_that_holds_every_cutoff():
    maps = {"fourier": maps_of(scale=0.5), "sine": maps_of(scale=30.0)}
    maps["sine"].attrs["l2_cutoff"] = 1e-10
    scales = {(m.norm.vmin, m.norm.vmax) for m in map(mesh_of, heat_maps(drawn(maps)))}
    ((low, high),) = scales
    assert low < 1e-10 / 2e-6
    assert figure6.WORST <= high < 1.1 * figure6.WORST


def test_the_cutoff_stands_on_the_scale_of_each_task_where_its_error_is():
    maps = {"fourier": maps_of(), "sine": maps_of()}
    maps["sine"].attrs["l2_cutoff"] = 1e-7
    bars = [axes for axes in drawn(maps).axes if "cutoff" in axes.get_ylabel()]
    found = [bar.lines[-1].get_ydata()[0] for bar in bars]
    np.testing.assert_allclose(found, [4e-7 / 2e-6, 1e-7 / 2e-6])


def test_the_outline_parts_the_points_under_the_cutoff_from_the_others():
    maps = maps_of()
    maps["aligned_l2_error"][:] = 1e-6
    maps["aligned_l2_error"].loc[{"Q": slice(15, None)}] = 1e-7
    lines = heat_maps(drawn({"sine": maps}))[0].collections[-1].get_segments()
    inner = [line for line in lines if np.allclose(line[:, 0], 16.0)]
    assert len(inner) == 4  # one a row of cells, halfway between the second and the third Q


def test_points_that_diverged_are_left_to_the_hatching():
    maps = maps_of(draws=3)
    gone = {"network": "rate", "alpha": 5e-4, "Q": 2.0, "G": 0.0}
    maps["aligned_nrmse"].loc[gone | {"draw": [0, 2]}] = np.nan  # two draws of three
    maps["aligned_nrmse"].loc[gone | {"G": 0.2, "draw": 0}] = np.nan  # one of three
    axes = heat_maps(drawn({"sine": maps}))[-1]
    shown = np.ma.getmaskarray(mesh_of(axes).get_array())
    assert shown[0, 0]
    assert shown.sum() == 1
    assert axes.patch.get_hatch()


def test_tasks_may_have_fewer_learning_rates_or_more_than_fit():
    two = {name: RATES[name] for name in ("slow", "fast")}
    seven = {f"rate{k}": 10.0**-k for k in range(7, 0, -1)}
    found = heat_maps(drawn({"fourier": maps_of(two), "sine": maps_of(seven)}))
    names = [title(axes).split("\n")[0] for axes in found]
    assert names == ["slow", "fast"] * 2 + ["rate7", "rate5", "rate3", "rate1"] * 2


def test_slopes_and_intervals_of_the_fit_are_told_in_the_colour_of_the_twin():
    gathered = sizes_of()
    fitted = sizes.fit(gathered)
    texts = panel(drawn(gathered=gathered), "error ~").texts
    for twin, part in (("spiking", texts[:4]), ("rate", texts[4:])):
        for text, alpha in zip(part, RATES.values(), strict=True):
            own = fitted.sel(network=twin, alpha=alpha)
            numbers = [own[name].item() for name in ("slope", "slope_low", "slope_high")]
            wanted = "{:.2f} [{:.2f}, {:.2f}]".format(*numbers).replace("-", MINUS)
            assert text.get_text() == wanted
            assert to_rgb(text.get_color()) == to_rgb(style.PALETTE[twin])


def test_draws_and_medians_stand_by_the_line_of_the_fit():
    gathered = sizes_of()
    axes = panel(drawn(gathered=gathered), "rate twin")
    fitted = sizes.fit(gathered).sel(network="rate")
    own = gathered["aligned_nrmse"].sel(network="rate", decoder="own")
    draws = gathered.sizes["draw"]
    for k in range(len(RATES)):
        lines = axes.lines[k * (draws + 2) : (k + 1) * (draws + 2)]
        points = np.array([line.get_ydata() for line in lines[:draws]]).T
        np.testing.assert_array_equal(points, own.isel(alpha=k))
        np.testing.assert_array_equal(lines[draws].get_ydata(), own.isel(alpha=k).median("draw"))
        law = fitted.isel(alpha=k)
        wanted = law["intercept"].item() + law["slope"].item() * np.log10(lines[-1].get_xdata())
        np.testing.assert_allclose(np.log10(lines[-1].get_ydata()), wanted)


def test_correlation_is_the_mean_over_draws():
    gathered = sizes_of()
    lines = panel(drawn(gathered=gathered), "twins' decoders").lines
    for line, alpha in zip(lines, RATES.values(), strict=True):
        wanted = gathered["decoder_correlation"].sel(alpha=alpha).mean("draw")
        np.testing.assert_allclose(line.get_ydata(), wanted)


def test_networks_that_diverged_are_counted_in_the_title():
    gathered = sizes_of()
    gathered["aligned_nrmse"].loc[{"network": "rate", "alpha": 5e-4, "draw": 0}] = np.nan
    titles = [title(axes) for axes in drawn(gathered=gathered).axes]
    assert "rate twin\n3 of 72 diverged, left out" in titles
    assert "spiking twin" in titles


@pytest.mark.parametrize(
    ("neurons", "draws", "said"),
    [
        ((250,), 4, "too few sizes"),
        ((250, 500), 1, ", too few draws"),
        ((250,), 1, "too few sizes"),
    ],
)
def test_a_sweep_too_small_to_fit_is_drawn_and_said_so(neurons, draws, said):
    figure = drawn(gathered=sizes_of(neurons, draws))
    figure.draw_without_rendering()
    texts = panel(figure, "error ~").texts
    assert all(text.get_text().endswith(said) for text in texts)


def test_a_study_in_which_all_diverged_is_drawn():
    maps, gathered = maps_of(), sizes_of()
    for dataset in (maps, gathered):
        for name in dataset.data_vars:
            dataset[name][:] = np.nan
    figure = drawn({"sine": maps}, gathered)
    figure.draw_without_rendering()
    assert "all diverged" in [text.get_text() for text in panel(figure, "rate twin").texts]


def test_nothing_is_clipped_and_letters_and_scale_are_there(figure):
    inches = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert inches.x0 >= 0
    assert inches.y0 >= 0
    assert inches.x1 <= width
    assert inches.y1 <= height
    texts = [text for axes in figure.axes for text in axes.texts]
    assert [text.get_text() for text in texts if text.get_gid() == "letter"] == ["A", "B", "C"]
    assert figure.get_supxlabel() == "the scale"
    labels = [text.get_text() for text in figure.subfigs[1].legends[0].get_texts()]
    assert labels == [f"{name}, {style.number(alpha)}" for name, alpha in RATES.items()]


def test_panels_do_not_overlap(figure):
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.axison]
    for k, first in enumerate(boxes):
        for second in boxes[k + 1 :]:
            x = min(first.x1, second.x1) - max(first.x0, second.x0)
            y = min(first.y1, second.y1) - max(first.y0, second.y0)
            assert min(x, y) < 1.0  # pixels
