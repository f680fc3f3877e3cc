"""The text of a module as typed nouns: what is declared, before anything is evaluated.

Above `bot.plan.evaluate`; asks no provider.
"""

from bot.plan.configuration.load import Loader, Parsed, ParsedFiles, parse_file
from bot.plan.configuration.module import Module, ResourceBlock

__all__ = ["Loader", "Module", "Parsed", "ParsedFiles", "ResourceBlock", "parse_file"]
