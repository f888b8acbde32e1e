"""FORCE: recursive least squares in closed loop."""
