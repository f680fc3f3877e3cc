"""Level-triggered work: keys queued once, workers that take them, one key looked at a time."""
