"""Observing the flags on a branch: which merge set them, and our pull requests about them."""
