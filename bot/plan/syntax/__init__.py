"""HCL's native syntax and its JSON form: text in, a tree with places and diagnostics out.

Above `bot.plan.values` in `bot.plan`; evaluates nothing and reads no file.
"""

from bot.plan.syntax.native import parse_expression, parse_native, parse_template

__all__ = ["parse_expression", "parse_native", "parse_template"]
