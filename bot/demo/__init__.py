"""`lotus demo`: the real service against the simulators, on an example platform.

Above `bot.app`: the stage sets everything up, the story is what people do on it, the screen
shows it. The end-to-end tests play on the same stage.
"""
