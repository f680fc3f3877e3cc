"""CSV as Go reads it: RFC 4180, lines of equal length (https://pkg.go.dev/encoding/csv).

Lowest layer of `bot.plan.functions`.
"""

from __future__ import annotations

import re

LARGEST = 1_000_000
"""Fields of one text."""
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_PLAIN = re.compile(r"[^,\n]*")


def csv_rows(text: str) -> list[list[str]]:
    """The header and the lines; raises `ValueError` with Go's words."""
    rows = _Reader(text.replace("\r\n", "\n")).rows()
    if not rows:
        raise ValueError("missing header line")
    return rows


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text.removesuffix("\r")
        self.at = 0
        self.line = 1
        self.count = 0

    def rows(self) -> list[list[str]]:
        rows: list[list[str]] = []
        while self.at < len(self.text):
            if self.text[self.at] == "\n":
                self.at += 1
                self.line += 1
                continue
            start = self.line
            row = self._row()
            if rows and len(row) != len(rows[0]):
                raise ValueError(f"CSV parse error on line {start}: wrong number of fields")
            rows.append(row)
        return rows

    def _row(self) -> list[str]:
        row: list[str] = []
        while True:
            row.append(self._field())
            self.count += 1
            if self.count > LARGEST:
                raise ValueError(f"the text has more than {LARGEST:,} fields; lotus stops there")
            following = self.text[self.at : self.at + 1]
            self.at += 1
            if following != ",":
                self.line += following == "\n"
                return row

    def _field(self) -> str:
        if not self.text.startswith('"', self.at):
            return self._plain()
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            last = self.line + self.text.count("\n", self.at)
            raise ValueError(
                f'CSV parse error on line {last}: extraneous or missing " in quoted-field'
            )
        self.at = match.end()
        self.line += match.group().count("\n")
        if self.text[self.at : self.at + 1] not in ("", ",", "\n"):
            what = 'extraneous or missing " in quoted-field'
            raise ValueError(f"CSV parse error on line {self.line}: {what}")
        return match.group(1).replace('""', '"')

    def _plain(self) -> str:
        match = _PLAIN.match(self.text, self.at)
        content = match.group() if match else ""
        self.at += len(content)
        if '"' in content:
            raise ValueError(f'CSV parse error on line {self.line}: bare " in non-quoted-field')
        return content
