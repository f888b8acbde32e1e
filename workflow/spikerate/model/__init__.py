"""Neurons, synapse, weights, seeds, and the two networks."""
