"""GitHub, through gidgethub on aiohttp: an App's tokens, one budget an installation, typed answers.

An edge. It decides nothing; its answers are `bot.model`'s nouns, its errors `bot.clients.errors`.
"""
