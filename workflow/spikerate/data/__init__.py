"""Datasets on disk: units, content hashes, complete files, checkpoints, export."""
