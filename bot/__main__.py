"""`python -m bot` is `lotus`."""

from bot.cli import main

main(prog_name="lotus")
