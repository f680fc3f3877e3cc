"""Observing Airbyte and every state side by side: orphans, drift, saved states."""
