"""The controller's engine: hints in, keys queued, each observed, decided on and performed.

Above the clients and the pure lifecycle, which do not see each other. What to do is decided in
`bot.lifecycle`; here is only when, in which order, and with what patience.
"""
