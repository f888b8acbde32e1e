"""Units and long name of every variable and coordinate that a dataset may hold.

Units are written so that UDUNITS and pint read the same dimension. UDUNITS knows no root of a unit,
so the paper's error is taken relative to the root of one second: its value is the paper's.
"""

from __future__ import annotations

from typing import Annotated

import xarray as xr

from spikerate.marks import Words

DESCRIPTIONS: Annotated[dict[str, tuple[str, str]], Words] = {
    "G": ("mV s", "reservoir strength G"),
    "Q": ("mV", "encoder strength Q"),
    "alignment": ("1", "absolute cosine between principal components of the twins"),
    "aligned_l2_error": ("1", "l2 error after alignment in phase"),
    "aligned_nrmse": ("1", "nrmse after alignment in phase"),
    "alpha": ("s^2", "learning rate"),
    "bias_squared": ("1", "squared distance of the mean over repetitions to the target"),
    "channel": ("1", "input channel"),
    "component": ("1", "number of the principal component"),
    "component_rate": ("1", "number of the rate twin's principal component"),
    "component_spiking": ("1", "number of the spiking twin's principal component"),
    "correlation_filter": ("1", "decoder correlation that the low-pass filter alone predicts"),
    "correlation_kept": ("1", "decoder correlation on the leading principal components"),
    "correlation_measured": ("1", "decoder correlation of the trained twins"),
    "current": ("mV", "input current"),
    "decoder": ("s", "decoder phi"),
    "decoder_change": ("s", "norm of the decoder's update"),
    "decoder_correlation": ("1", "correlation of the twins' decoders"),
    "output_correlation": ("1", "correlation of the twins' decoders, mean over outputs"),
    "decoder_weights": ("s", "decoder weights of the recorded neurons"),
    "draw": ("1", "number of the draw"),
    "drive": ("mV", "input current"),
    "eigenvalue": ("s^-2", "eigenvalue of the summed outer products of the filtered states"),
    "failed_share": ("1", "share of the repetitions that are flat or not finite"),
    "filtered": ("s^-1", "filtered spike train or rate R"),
    "instantaneous_rate": ("Hz", "instantaneous rate f(I)"),
    "kept": ("1", "number of leading principal components kept"),
    "l2_error": ("1", "error sqrt(sum e^2 dt / 1 s) / steps at dt = 5e-5 s, mean over outputs"),
    "speed": ("1", "name of the learning rate"),
    "mean_rate": ("Hz", "mean rate over the second half of the run"),
    "measured_gain": ("1", "decoder coefficient over the least-squares one, own components"),
    "network": ("1", "which twin"),
    "neuron": ("1", "number of the neuron"),
    "neurons": ("1", "number of neurons N in each twin"),
    "nrmse": ("1", "rms error over the target's standard deviation"),
    "source_hash": ("1", "hash of the trained point, or of the two, that a point is made from"),
    "output": ("1", "number of the output"),
    "point": ("1", "number of the grid point"),
    "predicted_gain": ("1", "alpha lambda / (1 + alpha lambda)"),
    "rate": ("Hz", "steady firing rate, closed form"),
    "readout": ("1", "readout of the network"),
    "recorded": ("1", "number of the recorded neuron"),
    "reference_gain": ("1", "decoder coefficient over the least-squares one, slowest components"),
    "repetition": ("1", "number of the repetition"),
    "separation": ("s^-1", "rms distance of R between two runs that start a hair apart"),
    "shift": ("s", "delay that brings a repetition into the phase of the target"),
    "spike_alpha": ("s^2", "learning rate of the network that fired a spike"),
    "spike_neuron": ("1", "number of the neuron that fired a spike"),
    "spike_rate": ("Hz", "spikes counted per second"),
    "spike_repetition": ("1", "number of the repetition in which a spike was fired"),
    "spike_time": ("s", "time of a spike"),
    "starred_G": ("mV s", "reservoir strength of the starred point"),
    "starred_Q": ("mV", "encoder strength of the starred point"),
    "starred_draw": ("1", "draw of the starred point"),
    "state_filtered": ("s^-1", "final filtered spike train or rate R"),
    "state_filtered_rise": ("s^-2", "final rise variable of R"),
    "state_refractory": ("1", "steps for which the voltage is still held"),
    "state_synaptic": ("mV", "final synaptic current"),
    "state_synaptic_rise": ("mV s^-1", "final rise variable of the synaptic current"),
    "state_v": ("mV", "final voltage"),
    "status": ("1", "ok, flat (too flat to align) or diverged"),
    "target": ("1", "target of the readout"),
    "test_input": ("1", "input of the test"),
    "test_target": ("1", "target of the test, one repetition"),
    "test_time": ("s", "time from the start of a repetition"),
    "time": ("s", "time"),
    "train_input": ("1", "input of the training"),
    "train_target": ("1", "target of the training, one repetition"),
    "train_time": ("s", "time from the start of a repetition"),
    "training_nrmse": ("1", "nrmse of the last training repetition, at the updates"),
    "under_cutoff": ("1", "1 if the starred point is under the error cutoff in both twins"),
    "update": ("1", "number of the update"),
    "update_time": ("s", "time of the update"),
    "variance": ("1", "variance over repetitions, mean over time and outputs"),
    "variance_share": ("1", "variance over the sum of variance and squared bias"),
    "voltage": ("mV", "membrane voltage"),
    "weights": ("s", "decoder weights"),
    "point_G": ("mV s", "reservoir strength of the point"),
    "point_Q": ("mV", "encoder strength of the point"),
}
AXES = {"decoder": ("1", "whose decoder is used")}  # coordinates that share a variable's name


def described(dataset: xr.Dataset) -> xr.Dataset:
    """Dataset whose variables have units and long names; existing ones stay.

    Raises
    ------
    KeyError
        if a variable has no entry in DESCRIPTIONS.
    """
    dataset = dataset.copy()
    for name in map(str, dataset.variables):
        axis = AXES.get(name) if dataset[name].dims == (name,) else None
        units, long_name = axis or DESCRIPTIONS[name]
        dataset[name].attrs = {"units": units, "long_name": long_name} | dataset[name].attrs
    return dataset
