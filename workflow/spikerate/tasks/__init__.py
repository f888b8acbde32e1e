"""Tasks: what a network is trained on and tested on."""
