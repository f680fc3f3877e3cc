"""PURE. The text of a module, a state and provider facts in; a `Prediction` out.

Below everything but `bot.model`; reads no file, opens no socket, knows no clock but the
one that it is given. It is OpenTofu's own order of work: parse, load the configuration,
validate, expand `count` and `for_each`, evaluate, ask the provider's facts, compare with
the state. Unknown and sensitive are values that propagate; a user's mistake is a
`Diagnostic`, never an exception.
"""
