"""The figures of the study, by number: rules, report, gallery and tables read this list."""

from __future__ import annotations

from typing import Annotated

from spikerate.figures import (
    fig1_neuron,
    fig2_scheme,
    fig3_demonstrations,
    fig4_slow_learning,
    fig5_fast_learning,
    fig6_learning_rates,
    fig7_trials,
    fig8_spectra,
)
from spikerate.figures.figure import Figure
from spikerate.marks import ChosenBy

FIGURES: Annotated[dict[int, Figure], ChosenBy("figure")] = {
    1: fig1_neuron.FIGURE,
    2: fig2_scheme.FIGURE,
    3: fig3_demonstrations.FIGURE,
    4: fig4_slow_learning.FIGURE,
    5: fig5_fast_learning.FIGURE,
    6: fig6_learning_rates.FIGURE,
    7: fig7_trials.FIGURE,
    8: fig8_spectra.FIGURE,
}
