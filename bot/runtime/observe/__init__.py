"""The world, read: what each decision of `bot.lifecycle` is made from. Nothing here writes."""
