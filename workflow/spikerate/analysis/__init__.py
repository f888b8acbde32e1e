"""Errors, swapped decoders, repetitions, spectra: functions of arrays and datasets."""
