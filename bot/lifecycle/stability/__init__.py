"""What should be, what a state believes, what is: where the three disagree. PURE.

`inventory` is what was seen of Airbyte and of the states; the other modules each find one kind of
disagreement in it, and `verdict` says what is missing to be stable. None of them acts.
"""
