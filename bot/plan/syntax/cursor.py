"""Where the parser stands: the next token, newlines that may not count, and what went wrong.

Above `tokens` in `bot.plan.syntax`. After an error the parser is *in recovery*: it skips ahead and
keeps quiet about what may only follow from that error, as HCL's does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.plan.diagnostics import Diagnostic, Severity
from bot.plan.syntax.source import Source, Span
from bot.plan.syntax.tokens import (
    CLOSE_HEREDOC,
    CLOSE_QUOTE,
    CONTROL,
    EOF,
    INTERPOLATION,
    NEWLINE,
    OPEN_HEREDOC,
    OPEN_QUOTE,
    SEQUENCE_END,
    Token,
)

DEEPEST = 200
_OPENERS = {
    "}": "{",
    "]": "[",
    ")": "(",
    SEQUENCE_END: INTERPOLATION,
    CLOSE_QUOTE: OPEN_QUOTE,
    CLOSE_HEREDOC: OPEN_HEREDOC,
}


class TooDeep(Exception):
    """Brackets nest deeper than anybody writes; parsing the file stops here."""

    def __init__(self, at: Span) -> None:
        super().__init__()
        self.at = at


class Cursor:
    """Tokens of one source, read from left to right."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.recovering = False
        self.diagnostics: list[Diagnostic] = []
        self._newlines = [True]
        self._depth = 0
        self._previous = tokens[0]

    def peek(self) -> Token:
        """The next token that counts."""
        if not self._newlines[-1]:
            while self.tokens[self.at].kind == NEWLINE:
                self.at += 1
        return self.tokens[self.at]

    def read(self) -> Token:
        """Take the next token; the last one is given again and again."""
        token = self.peek()
        if token.kind != EOF:
            self.at += 1
        self._previous = token
        return token

    @contextmanager
    def newlines(self, count: bool) -> Iterator[None]:
        """Within, newlines are tokens, or they are not."""
        self._newlines.append(count)
        try:
            with self.nested():
                yield
        finally:
            self._newlines.pop()

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper; raises `TooDeep` beyond what anybody writes."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooDeep(self.span(self.tokens[self.at]))
        try:
            yield
        finally:
            self._depth -= 1

    def span(self, token: Token) -> Span:
        """Where a token stands."""
        return Span(self.source, token.start, token.end)

    def previous(self) -> Span:
        """Where the token stands that was read last."""
        return self.span(self._previous)

    def text(self, token: Token) -> str:
        """A token as it is written."""
        return self.source.text[token.start : token.end]

    def is_word(self, token: Token, word: str) -> bool:
        """Whether the token is this identifier (keywords are no kind of their own in HCL)."""
        return token.kind == "ident" and self.text(token) == word

    def error(self, summary: str, detail: str, subject: Span, context: Span | None = None) -> None:
        """Report, whether in recovery or not."""
        where = context.range if context else None
        found = Diagnostic(Severity.ERROR, summary, detail, subject.range, where)
        self.diagnostics.append(found)

    def complain(
        self, summary: str, detail: str, subject: Span, context: Span | None = None
    ) -> None:
        """Report, unless it may only follow from an error before it."""
        if not self.recovering:
            self.error(summary, detail, subject, context)

    def recover(self, end: str) -> Token:
        """Skip to the token that closes the current bracket, and over it."""
        self.recovering = True
        opener, nested = _OPENERS.get(end), 0
        while True:
            token = self.read()
            kind = token.kind
            if end == SEQUENCE_END and kind == CONTROL:
                kind = INTERPOLATION
            if kind == opener:
                nested += 1
            elif kind == end:
                if nested < 1:
                    return token
                nested -= 1
            elif kind == EOF:
                return token

    def recover_over(self, opener: str) -> None:
        """Skip to the next `opener`, and over what it encloses."""
        closer = next(close for close, open_ in _OPENERS.items() if open_ == opener)
        while (token := self.read()).kind != opener:
            if token.kind == EOF:
                return
        self.recover(closer)

    def recover_after_item(self) -> None:
        """Skip to the end of the line on which all brackets that were opened are closed."""
        self.recovering = True
        opened: list[str] = []
        while True:
            token = self.read()
            kind = token.kind
            if kind == EOF or (kind == NEWLINE and not opened):
                return
            if kind in _OPENERS.values() or kind == CONTROL:
                opened.append(INTERPOLATION if kind == CONTROL else kind)
            elif kind in _OPENERS:
                while opened and opened[-1] != _OPENERS[kind]:
                    opened.pop()
                if opened:
                    opened.pop()
