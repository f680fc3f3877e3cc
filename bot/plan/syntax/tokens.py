"""Text into tokens, as HCL's scanner cuts it: a stack of modes for what lies in strings.

Above `source` in `bot.plan.syntax`. Written by hand rather than on a general grammar because
the exact cut decides OpenTofu's diagnostics (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.plan.syntax.source import Source, Span


class Token(NamedTuple):
    """`kind` is the punctuation itself, or a word for what has content."""

    kind: str
    start: int
    end: int


class TooManyTokens(Exception):
    """There are more than `MOST`: parsing them would take long."""


MOST = 500_000
"""Tokens of one text, which take about a second."""
EOF = "eof"
NEWLINE = "newline"
IDENT = "ident"
NUMBER = "number"
OPEN_QUOTE = "open quote"
CLOSE_QUOTE = "close quote"
QUOTED = "quoted literal"
OPEN_HEREDOC = "open heredoc"
CLOSE_HEREDOC = "close heredoc"
LITERAL = "string literal"
INTERPOLATION = "${"
CONTROL = "%{"
SEQUENCE_END = "sequence end"
BAD = "bad"

_NORMAL = re.compile(
    r"""
    (?P<space>[ \t]+)
  | (?P<newline>\r?\n)
  | (?P<comment>(?:\#|//)[^\n]*\n?)
  | (?P<inline>/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<ident>[^\W\d][\w-]*)
  | (?P<number>[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?)
  | (?P<heredoc><<-?(?P<marker>[^\W\d][\w-]*)\r?\n)
  | (?P<seqend>~\})
  | (?P<operator>&&|\|\||==|!=|<=|>=|=>|\.\.\.|::|[-+*/%<>!?:.,=()\[\]{}])
  | (?P<quote>")
  | (?P<bad>\*\*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r'(?:\$\$\{|%%\{|\\[^\r\n]|[^"\\$%\r\n]|\$(?!\{)|%(?!\{)|\r(?!\n))+|\\')
_LINE = re.compile(
    r"(?:\$\$\{|%%\{|[^$%\n]|\$(?!\{)|%(?!\{))*\n|(?:\$\$\{|%%\{|[^$%\n]|\$(?!\{)|%(?!\{))+"
)
_SPLIT = re.compile(r"\\(?=\r?\n)")
_OPENER = re.compile(r"[$%]\{~?")


class _Scanner:
    """One pass over a source; `modes` holds what has to be closed, innermost last."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.tokens: list[Token] = []
        self.at = 0
        self.modes: list[str | int] = []
        self.markers: list[str] = []

    def scan(self, *, template: bool) -> list[Token]:
        length = len(self.text)
        if template:
            self.modes.append("template")
        while self.at < length:
            if len(self.tokens) > MOST:
                raise TooManyTokens
            mode = self.modes[-1] if self.modes else 0
            if mode == "quoted":
                self._quoted()
            elif mode in ("heredoc", "template"):
                self._lines(str(mode))
            else:
                self._normal()
        self.tokens.append(Token(EOF, length, length))
        return self.tokens

    def _emit(self, kind: str, end: int) -> None:
        self.tokens.append(Token(kind, self.at, end))
        self.at = end

    def _normal(self) -> None:
        match = _NORMAL.match(self.text, self.at)
        if match is None:  # the last alternative matches any character
            raise AssertionError(self.at)
        kind, end = match.lastgroup, match.end()
        if kind in ("space", "inline"):
            self.at = end
        elif kind == "comment":
            self._comment(end)
        elif kind == "quote":
            self._emit(OPEN_QUOTE, end)
            self.modes.append("quoted")
        elif kind in ("heredoc", "marker"):
            self.markers.append(match.group("marker"))
            self._emit(OPEN_HEREDOC, end)
            self.modes.append("heredoc")
        elif kind == "operator":
            self._operator(match.group(), end)
        elif kind == "seqend":
            self._tilde_brace(end)
        else:
            self._emit(
                {"newline": NEWLINE, "ident": IDENT, "number": NUMBER}.get(kind or "", BAD), end
            )

    def _comment(self, end: int) -> None:
        """A line comment ends its line: it stands for the newline, too."""
        if self.text[end - 1] == "\n":
            self._emit(NEWLINE, end)
        self.at = end

    def _operator(self, operator: str, end: int) -> None:
        if operator == "{":
            self.modes.append(1)
        elif operator == "}" and self.modes:
            mode = self.modes.pop()
            if mode == "sequence":
                self._emit(SEQUENCE_END, end)
                return
        self._emit(operator, end)

    def _tilde_brace(self, end: int) -> None:
        if self.modes and self.modes[-1] == "sequence":
            self.modes.pop()
            self._emit(SEQUENCE_END, end)
        else:
            self._emit(BAD, self.at + 1)

    def _opener(self) -> bool:
        match = _OPENER.match(self.text, self.at)
        if match is None:
            return False
        self._emit(INTERPOLATION if match.group()[0] == "$" else CONTROL, match.end())
        self.modes.append("sequence")
        return True

    def _quoted(self) -> None:
        if self.text[self.at] == '"':
            self._emit(CLOSE_QUOTE, self.at + 1)
            self.modes.pop()
        elif _SPLIT.match(self.text, self.at):
            self._emit(BAD, self.at + 1)
        elif self.text[self.at] in "\r\n":
            end = self.at + (2 if self.text.startswith("\r\n", self.at) else 1)
            self._emit(BAD, end)
        elif not self._opener():
            match = _QUOTED.match(self.text, self.at)
            self._emit(QUOTED, match.end() if match else self.at + 1)

    def _lines(self, mode: str) -> None:
        if mode == "heredoc" and self._at_line_start() and self._heredoc_end():
            return
        if not self._opener():
            match = _LINE.match(self.text, self.at)
            self._emit(LITERAL, match.end() if match else self.at + 1)

    def _at_line_start(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] == "\n"

    def _heredoc_end(self) -> bool:
        line_end = self.text.find("\n", self.at)
        line_end = len(self.text) if line_end < 0 else line_end
        if self.text[self.at : line_end].strip() != self.markers[-1]:
            return False
        end = line_end - (self.text[line_end - 1] == "\r")
        self._emit(CLOSE_HEREDOC, end)
        self.markers.pop()
        self.modes.pop()
        return True


def scan(source: Source) -> list[Token]:
    """The tokens of a configuration file; the last one is `EOF`."""
    return _Scanner(source).scan(template=False)


def scan_template(source: Source) -> list[Token]:
    """The tokens of a whole text that is one template (`templatefile`)."""
    return _Scanner(source).scan(template=True)


def span(source: Source, token: Token) -> Span:
    """Where a token stands."""
    return Span(source, token.start, token.end)
