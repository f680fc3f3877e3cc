"""Observing confirmations: the copies that plan a head, and the places that they may take."""
