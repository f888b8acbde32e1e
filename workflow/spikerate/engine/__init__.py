"""The inner loops: one interface, the NumPy reference and compiled kernels."""
