"""Datasets on disk: descriptions, hashes, whole files, checkpoints, export."""
