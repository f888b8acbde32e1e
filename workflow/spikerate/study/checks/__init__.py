"""What no schema can say of a config: checks of several keys at once, by their subject."""

from spikerate.study.checks.grid import check_grid, check_spectra
from spikerate.study.checks.neuron import check_neuron, check_time_step
from spikerate.study.checks.tasks import check_learning_rates, check_sweep, check_tasks
from spikerate.study.checks.times import check_intervals

CHECKS = (  # functions of the config, each of which raises a ConfigError; the first to do so counts
    check_neuron,
    check_time_step,
    check_grid,
    check_tasks,
    check_sweep,
    check_learning_rates,
    check_intervals,
    check_spectra,
)
