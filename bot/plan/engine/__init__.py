"""The plan itself: variables, module instances, expansion, every instance's change, deletions.

Above `bot.plan.configuration`, `bot.plan.evaluate` and `bot.plan.providers`.
"""
