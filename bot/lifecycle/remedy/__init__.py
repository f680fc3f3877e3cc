"""The remedy of perpetual drift: where what drifts is written, and how it has to be written. PURE.

An edit is a proposal: whoever asks predicts with it, and keeps what is shown to end the drift and
to change nothing else.
"""

from bot.lifecycle.remedy.parts import Part, drifting
from bot.lifecycle.remedy.proof import Proof, proof
from bot.lifecycle.remedy.remedies import ByHand, by_hand, remedy
from bot.lifecycle.remedy.words import lines

__all__ = [
    "ByHand", "Part", "Proof", "by_hand", "drifting", "lines", "proof", "remedy",
]  # fmt: skip
