"""FORCE-trained spiking networks and their parameter-matched rate twins."""

__version__ = "0.1.0"
