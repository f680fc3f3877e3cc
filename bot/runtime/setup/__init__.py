"""Registering the GitHub App, and the files of an installation."""
