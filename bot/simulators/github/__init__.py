"""GitHub on loopback: REST, an App's tokens, webhooks, and Git data in real repositories.

A simulator: it imitates the vendor by its published contract (https://docs.github.com/rest) and
imports nothing of the bot.
"""

from bot.simulators.github.server import GitHub
from bot.simulators.github.webhooks import Delivery, deliver, double, fail, lose

__all__ = ["Delivery", "GitHub", "deliver", "double", "fail", "lose"]
