"""Checks that no schema can express, of several keys of a config at once, by subject."""

from spikerate.study.checks.grid import check_grid, check_spectra
from spikerate.study.checks.neuron import check_neuron, check_time_step
from spikerate.study.checks.tasks import check_learning_rates, check_sweep, check_tasks
from spikerate.study.checks.times import check_intervals

CHECKS = (  # functions of the config that raise a ConfigError; the first error is reported
    check_neuron,
    check_time_step,
    check_grid,
    check_tasks,
    check_sweep,
    check_learning_rates,
    check_intervals,
    check_spectra,
)
