"""GitHub, a cluster with Flux and tofu-controller, and Airbyte, imitated on loopback.

For the demo and the tests. They imitate vendors and import nothing else of the bot.
"""
