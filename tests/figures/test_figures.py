"""The figures: legible at their printed size, and true to what they are given."""

import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import LogNorm, to_hex
from matplotlib.text import Text

from spikerate.figures.drawing import demonstration, learning, neuron, scheme, sheet, spectra, style
from spikerate.model.kinds import KINDS

SCALE = "study tiny: N = 100, 2 x 2 grid, 1 draw, exact numerics (paper: N = 2000)"
TWINS = list(KINDS)
CUTOFF = 5e-6
RATES = {"slowest": 5e-7, "slow": 5e-6, "fast": 5e-4}


def signals(rng, outputs, seconds, sample=2e-3):
    """Target (time, output) of slow sines, and a noisy readout for each twin and decoder."""
    time = np.arange(round(seconds / sample)) * sample
    target = np.sin(2 * np.pi * (1 + np.arange(outputs)) * time[:, None])
    noise = 0.2 * rng.standard_normal((2, 2, time.size, outputs))
    return time, target, target + noise


def maps_and_starred(outputs=1, points=3, draws=1, seconds=1.0, diverged=(), good=True):
    """Datasets like those of `maps.gather` and `maps.starred`.

    `diverged` are points of Q for which all runs hold no number; `good` is false where no point is
    under the cutoff.
    """
    rng = np.random.default_rng(1)
    shape = 2, 2, len(RATES), draws, points, points
    errors = (1e-6 if good else 1e-4) * rng.lognormal(0, 1, shape)
    correlation = rng.uniform(-0.2, 0.9, shape[2:])
    for array in (errors, correlation):
        array[..., list(diverged), :] = np.nan
    dims = "network", "decoder", "alpha", "draw", "Q", "G"
    coords = {"network": TWINS, "decoder": ["own", "other"], "alpha": list(RATES.values()),
              "speed": ("alpha", list(RATES)), "draw": np.arange(draws),
              "Q": np.linspace(2, 30, points), "G": np.linspace(0, 0.2, points)}  # fmt: skip
    data = {"l2_error": (dims, errors), "decoder_correlation": (dims[2:], correlation)}
    maps = xr.Dataset(data, coords, {"l2_cutoff": CUTOFF, "measure": "l2_error"})
    time, target, readout = signals(rng, outputs, seconds)
    all_rates = (len(RATES),)
    star = {
        "starred_Q": ("alpha", np.full(all_rates, maps["Q"].values[-1])),
        "starred_G": ("alpha", np.full(all_rates, maps["G"].values[-1])),
        "under_cutoff": ("alpha", np.full(all_rates, int(good))),
        "readout": (("alpha", "network", "decoder", "time", "output"),
                    np.broadcast_to(readout, all_rates + readout.shape).copy()),
        "filtered": (("alpha", "network", "time", "recorded"),
                     rng.uniform(0, 90, (*all_rates, 2, time.size, 5))),
        "weights": (("alpha", "network", "output", "neuron"),
                    1e-4 * rng.standard_normal((*all_rates, 2, outputs, 40))),
        "target": (("time", "output"), target),
    }  # fmt: skip
    coords = {name: maps[name] for name in ("alpha", "speed", "network", "decoder")}
    return maps, xr.Dataset(star, {**coords, "time": time})


def demonstrated(outputs=1, seconds=2.0, before=True):
    """Dataset like those of `both_networks`; traces from `before` learning or after."""
    rng = np.random.default_rng(2)
    time, target, readout = signals(rng, outputs, seconds)
    start, end = (seconds / 3, 2 * seconds / 3) if before else (0.0, 1.0)
    time = time if before else time + end
    updates = np.arange(start, end, 0.01)
    data = {
        "target": (("time", "output"), target),
        "readout": (("network", "time", "output"), readout[0]),
        "filtered": (("network", "time", "recorded"), rng.uniform(0, 90, (2, time.size, 5))),
        "decoder_weights": (("network", "time", "recorded"), np.zeros((2, time.size, 5))),
        "decoder_change": (("network", "update"), rng.lognormal(-9, 1, (2, updates.size))),
    }
    settings = {"alpha": 5e-6, "encoder_strength": 25.0, "reservoir_strength": 0.19}
    attrs = settings | {"learning_start": start, "learning_end": end, "neurons": 1000}
    coords = {"network": TWINS, "time": time, "update_time": ("update", updates)}
    return xr.Dataset(data, coords, attrs)


def analysed(points=2, components=30, diverged=False, offset=0.0):
    """Dataset like those of `spectra.analyse`, whose measured gain is the predicted one."""
    rng = np.random.default_rng(3)
    alpha = np.array(list(RATES.values()))
    falls = np.array([0.1, 0.3])[:, None, None, None] * np.arange(components)
    eigenvalue = 1e7 * np.exp(-falls) * np.ones((2, alpha.size, points, 1))
    gain = eigenvalue * alpha[:, None, None] / (1 + eigenvalue * alpha[:, None, None])
    dims = "network", "alpha", "point", "component"
    pair = alpha.size, points
    data = {
        "eigenvalue": (dims, eigenvalue),
        "measured_gain": (dims, gain),
        "reference_gain": (dims, gain + offset),
        "alignment": (("alpha", "point", "component_spiking", "component_rate"),
                      np.broadcast_to(np.eye(20), (*pair, 20, 20)).copy()),
        "correlation_kept": (("alpha", "point", "kept"), rng.uniform(0, 1, (*pair, components))),
        "correlation_measured": (("alpha", "point"), rng.uniform(0.4, 0.6, pair)),
        "correlation_filter": (("alpha", "point"), rng.uniform(0.1, 0.3, pair)),
    }  # fmt: skip
    numbers = np.arange(1, components + 1)
    coords = {"network": TWINS, "alpha": alpha, "speed": ("alpha", list(RATES)),
              "point": np.arange(points), "component": numbers, "kept": numbers}  # fmt: skip
    found = xr.Dataset(data, coords)
    return found.where(found["point"] > 0) if diverged else found


def cell_and_networks(still=()):
    """Datasets like those of Figure 1; twins in `still` do not part from their neighbour."""
    rng = np.random.default_rng(4)
    time = np.arange(200) * 2e-3
    current = np.linspace(-50, 0, 21)
    traces = rng.uniform(0, 90, (2, time.size, 5))
    cell = xr.Dataset(
        {"rate": ("current", np.maximum(0, current + 40)), "drive": ("time", np.ones(time.size)),
         "spike_rate": ("current", np.maximum(0, current + 40)), "spike_time": ("spike", time[:9]),
         "voltage": ("time", -50 + 5 * np.sin(time)), "instantaneous_rate": ("time", 0 * time),
         "filtered": (("network", "time"), traces[..., 0])},
        {"current": current, "time": time, "network": TWINS},
    )  # fmt: skip
    separation = np.array([np.zeros(time.size) if t in still else 1e-6 * np.exp(9 * time)
                           for t in TWINS])  # fmt: skip
    networks = xr.Dataset(
        {"filtered": (("network", "time", "recorded"), traces),
         "mean_rate": (("network", "neuron"), rng.uniform(0, 60, (2, 50))),
         "separation": (("network", "time"), separation)},
        {"time": time, "network": TWINS}, {"nudge": 1e-2},
    )  # fmt: skip
    return cell, networks


def parameters(*tasks):
    neuron = {"tau_m": 1e-2, "tau_ref": 2e-3, "v_reset": -65.0, "v_threshold": -40.0,
              "bias": -40.0, "tau_rise": 2e-3, "tau_decay": 2e-2}  # fmt: skip
    grid = {"encoder_strength": {"first": 2.0, "last": 30.0, "points": 40},
            "reservoir_strength": {"first": 0.05, "last": 0.2, "points": 40}}  # fmt: skip
    task = {"neurons": 2000, "sparsity": 0.4, "neuron": neuron, "grid": grid, "update_every": 5e-3,
            "train_repetitions": 20, "test_repetitions": 6, "learning_rates": RATES}  # fmt: skip
    return {"dt": 5e-5, "neuron": neuron, "errors": {"l2_cutoff": CUTOFF}, "rule": "rls",
            "tasks": dict.fromkeys(tasks, task)}  # fmt: skip


def three_tasks(**look):
    sets = {"pitchfork": (1, 9.0), "ode_to_joy": (21, 1.0), "sine": (1, 1.0)}
    return {t: maps_and_starred(n, seconds=seconds, **look) for t, (n, seconds) in sets.items()}


FIGURES = {
    "fig1": lambda: neuron.draw(*cell_and_networks(), SCALE),
    "fig1 no chaos": lambda: neuron.draw(*cell_and_networks(still=TWINS), SCALE),
    "fig2": lambda: scheme.draw(parameters("sine"), SCALE),
    "fig2 own rule": lambda: scheme.draw(parameters("sine") | {"rule": "lms"}, SCALE),
    "fig2 four": lambda: scheme.draw(
        parameters("sine", "fourier", "ode_to_joy", "pitchfork"), SCALE),
    "fig3": lambda: demonstration.draw({"sine": demonstrated()}, SCALE),
    "fig3 all": lambda: demonstration.draw(
        {"sine": demonstrated(), "oscillator": demonstrated(before=False),
         "pitchfork": demonstrated(1, 9.0), "ode_to_joy": demonstrated(21),
         "lorenz": demonstrated(3, 6.0)}, SCALE),
    "fig3 lorenz": lambda: demonstration.draw(
        {"lorenz": demonstrated(3, 6.0, before=False)}, SCALE),
    "fig4": lambda: learning.draw({"sine": maps_and_starred()}, "slow", SCALE),
    "fig4 three": lambda: learning.draw(three_tasks(diverged=[0]), "slow", SCALE),
    "fig4 draws": lambda: learning.draw(
        {"fourier": maps_and_starred(10, draws=3, good=False), "sine": maps_and_starred(draws=3)},
        "fast", SCALE),
    "fig4 point": lambda: learning.draw({"sine": maps_and_starred(points=1)}, "slow", SCALE),
    "fig4 nothing": lambda: learning.draw({"sine": all_diverged()}, "slow", SCALE),
    "fig8": lambda: spectra.draw({"sine": [analysed()]}, SCALE),
    "fig8 three": lambda: spectra.draw(
        {task: [analysed(), analysed()] for task in ("pitchfork", "ode_to_joy", "sine")}, SCALE),
    "fig8 own rule": lambda: spectra.draw({"sine": [analysed()]}, SCALE, "lms"),
    "fig8 diverged": lambda: spectra.draw({"sine": [analysed(diverged=True)]}, SCALE),
}  # fmt: skip


def all_diverged():
    maps, starred = maps_and_starred(diverged=[0, 1, 2])
    names = "readout", "filtered", "weights"
    return maps, starred.assign({name: starred[name] * np.nan for name in names})


@pytest.fixture(scope="module", params=FIGURES)
def figure(request):
    drawn = FIGURES[request.param]()
    drawn.set_dpi(100)
    drawn.draw_without_rendering()
    return drawn


def texts(figure):
    """Texts that a reader sees: no tick labels beyond the limits of their axis."""
    hidden = set()
    for axes in figure.findobj(lambda a: hasattr(a, "xaxis")):
        for axis in (axes.xaxis, axes.yaxis):
            seen = axis._update_ticks()  # as drawing does: ticks within the limits
            every = axis.get_major_ticks() + axis.get_minor_ticks()
            hidden |= {t for tick in every if tick not in seen for t in (tick.label1, tick.label2)}
            if not axes.axison:
                hidden |= {t for tick in every for t in (tick.label1, tick.label2)}
                hidden |= {axis.label}
    return [t for t in figure.findobj(Text)
            if t.get_visible() and t.get_text().strip() and t not in hidden]  # fmt: skip


def axes_titled(figure, pattern):
    return [a for a in figure.findobj(lambda a: hasattr(a, "get_title") and hasattr(a, "xaxis"))
            if re.search(pattern, a.get_title(loc="left"))]  # fmt: skip


def test_figures_fill_a_journals_page(figure):
    assert figure.get_figwidth() * 2.54 == pytest.approx(19.0)
    assert figure.get_figheight() * 2.54 <= 22.3
    assert sheet.DPI >= 200


def test_no_text_leaves_the_page(figure):
    page = figure.bbox
    for text in texts(figure):
        box = text.get_window_extent()
        inside = (box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1
                  and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1)  # fmt: skip
        assert inside, text.get_text()


def test_no_two_texts_overlap(figure):
    boxes = [(t.get_text(), t.get_window_extent().padded(-0.5)) for t in texts(figure)]
    for k, (text, box) in enumerate(boxes):
        for other, other_box in boxes[k + 1 :]:
            assert not box.overlaps(other_box), f"{text!r} and {other!r}"


def test_text_is_legible(figure):
    assert min(text.get_fontsize() for text in texts(figure)) >= 6.0


def test_panel_letters_are_in_order(figure):
    found = [text.get_text() for text in figure.findobj(Text) if text.get_gid() == "letter"]
    letters = style.letters()
    assert sorted(found, key=lambda t: (t[1:], t[0])) == [next(letters) for _ in found]


def test_the_scale_stands_in_the_foot(figure):
    assert SCALE in [text.get_text() for text in figure.findobj(Text)]


def test_lines_of_a_twin_have_its_colour():
    figure = learning.draw({"sine": maps_and_starred()}, "slow", SCALE)
    for title in ("own decoder", "swapped decoders"):
        (left,) = axes_titled(figure, title)
        right = next(a for a in left.figure.axes if a.get_subplotspec().is_last_col()
                     and a.get_subplotspec().rowspan == left.get_subplotspec().rowspan)  # fmt: skip
        for axes, twin in ((left, "spiking"), (right, "rate")):
            target, readout = (to_hex(line.get_color()) for line in axes.lines)
            assert target == style.PALETTE["target"]
            assert readout.upper() == style.PALETTE[twin]


def test_errors_are_on_log_scales_that_hold_the_cutoff():
    figure = learning.draw({"sine": maps_and_starred()}, "slow", SCALE)
    (errors,) = axes_titled(figure, "all points")
    assert errors.get_yscale() == "log"
    assert [line.get_ydata()[0] for line in errors.lines if line.get_gid() == "cutoff"] == [CUTOFF]
    maps = axes_titled(figure, "^(spiking|rate) twin$")
    norms = [axes.collections[0].norm for axes in maps]
    assert len(norms) == 2 and norms[0] is norms[1] and isinstance(norms[0], LogNorm)
    assert norms[0].vmin < CUTOFF < norms[0].vmax


def test_both_figures_share_the_scales_of_the_maps():
    shown = {"sine": maps_and_starred()}
    limits = []
    for rate in ("slow", "fast"):
        figure = learning.draw(shown, rate, SCALE)
        panels = axes_titled(figure, "twin$|^decoders$")
        limits.append([axes.collections[0].get_clim() for axes in panels])
    assert len(limits[0]) == 3 and limits[0] == limits[1]


def test_diverged_points_are_named_only_where_there_are_any():
    for diverged in ([], [0]):
        shown = {"sine": maps_and_starred(diverged=diverged)}
        words = [t.get_text() for t in texts(learning.draw(shown, "slow", SCALE))]
        assert ("diverged" in words) == bool(diverged)


def test_the_title_does_not_contradict_itself():
    for good in (True, False):
        figure = learning.draw({"sine": maps_and_starred(good=good)}, "slow", SCALE)
        text = " ".join(t.get_text() for t in texts(figure))
        assert ("none under the cutoff" in text) != good


def test_several_draws_are_shown_by_their_median():
    maps, starred = maps_and_starred(draws=3)
    maps["l2_error"][{"draw": 2}] = np.nan
    figure = learning.draw({"sine": (maps, starred)}, "slow", SCALE)
    (axes,) = axes_titled(figure, "spiking twin$")
    own = maps["l2_error"].sel(network="spiking", decoder="own", alpha=RATES["slow"])
    wanted = own.isel(draw=slice(2)).max("draw").transpose("G", "Q")  # a NaN counts as the worst
    np.testing.assert_allclose(axes.collections[0].get_array(), wanted)


def test_a_lone_point_is_seen():
    np.testing.assert_array_equal(style.edges([4.0]), [2.0, 6.0])
    np.testing.assert_array_equal(style.edges([0.0]), [-0.5, 0.5])
    np.testing.assert_array_equal(style.edges([1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0])


def test_a_long_run_is_shown_where_its_target_moves():
    time = np.arange(0, 100, 0.1)
    target = np.where(time >= 60, np.sin(time), 0.0)
    run = xr.Dataset({"target": (("time", "output"), target[:, None])}, {"time": time})
    shown = style.window(run, 4.0)
    assert shown.sizes["time"] == 40 and float(shown["time"][0]) >= 60
    assert style.window(run, 1e3).sizes["time"] == time.size


def test_numbers_are_printed_as_in_a_journal():
    wanted = {5e-7: r"$5 \times 10^{-7}$", 1e-6: "$10^{-6}$", 0.15: "0.15", 25.0: "25", 0.0: "0",
              1000: "1000", -40.0: "\N{MINUS SIGN}40", 2e6: r"$2 \times 10^{6}$"}  # fmt: skip
    assert {value: style.number(value) for value in wanted} == wanted


def test_the_measured_gain_lies_on_the_curve():
    figure = spectra.draw({"sine": [analysed()]}, SCALE)
    (axes,) = axes_titled(figure, "own basis")
    *dots, curve = axes.lines
    assert len(dots) == 2
    for line in dots:
        x, y = line.get_data()
        np.testing.assert_allclose(y, x / (1 + x))
    x, y = curve.get_data()
    np.testing.assert_allclose(y, x / (1 + x))


def test_binned_gains_lie_above_the_filter_where_the_data_do():
    figure = spectra.draw({"sine": [analysed(offset=0.5)]}, SCALE)
    (axes,) = axes_titled(figure, "slowest basis")
    for line in axes.lines[:2]:
        x, y = line.get_data()
        assert (y > x / (1 + x) + 0.3).all()


def test_the_whole_subspace_of_equal_components_is_shared():
    (axes,) = axes_titled(spectra.draw({"sine": [analysed()]}, SCALE), "shared")
    np.testing.assert_allclose(axes.lines[0].get_ydata(), 1)


def test_maxima_of_a_sine():
    time = np.arange(0, 10, 1e-2)
    found = demonstration.maxima(3 + np.sin(2 * np.pi * time), 1e-2, 0.1)
    assert len(found) == 10
    assert (np.abs(found - 4) < 0.03).all()
    assert demonstration.maxima(np.full(100, np.nan), 1e-2, 0.1).size == 0


def test_a_twin_that_does_not_part_is_drawn_at_the_floor():
    figure = neuron.draw(*cell_and_networks(still=["spiking"]), SCALE)
    (axes,) = axes_titled(figure, "mV apart")
    spiking, rate = (line.get_ydata() for line in axes.lines)
    assert np.ptp(spiking) == 0 and spiking[0] < rate.min()
    assert any("exactly 0" in text.get_text() for text in axes.texts)


def test_the_table_gives_constants_with_their_unit():
    values = {row[1]: row[2:] for row in scheme.constants(parameters("sine"))}
    assert values["membrane time constant"] == ("10", "ms")
    assert values["reset voltage"] == ("\N{MINUS SIGN}65", "mV")
    assert values["error cutoff"] == (r"$5 \times 10^{-6}$", "")


def test_each_task_has_a_column_of_the_table():
    settings = parameters("sine", "lorenz")["tasks"]
    settings["sine"] = settings["sine"] | {"learning_rates": {"fast": 5e-4}, "neurons": 500}
    (rows,) = scheme.tasks(settings)
    values = {row[0]: row[1:] for row in rows}
    assert values[""] == ("Sine", "Lorenz attractor")
    assert values["N, neurons"] == ("500", "2000")
    assert values["G, of ω (mV s)"] == ("0.05-0.2", "0.05-0.2")
    assert values[r"$\alpha$, slowest"] == ("-", r"$5 \times 10^{-7}$")
    assert len(scheme.tasks(parameters(*"abcde")["tasks"])) == 2


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    written = []
    for name in "ab":
        figure = neuron.draw(*cell_and_networks(), SCALE)
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "pdf")]
        for path in paths:
            figure.savefig(path, dpi=40)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
