"""Trained models from the command line."""
