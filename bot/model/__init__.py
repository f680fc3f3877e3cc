"""PURE. The nouns that several layers share, frozen. Below everything but `bot.config`."""
