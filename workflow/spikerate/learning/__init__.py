"""FORCE: a learning rule, recursive least squares or another, in closed loop."""
