"""One word of a stream file changes, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lifecycle.flag_edit import Flag, Reason, Refusal, find_backfill, set_backfill

EDITS = {
    "compact": (b'{"backfill":true}', b'{"backfill":false}'),
    "a number after it": (b'{"backfill":true,"a":1}', b'{"backfill":false,"a":1}'),
    "spaces and tabs": (b'{\t"backfill"\t: \ttrue }\n', b'{\t"backfill"\t: \tfalse }\n'),
    "CRLF": (b'{\r\n  "a": 1,\r\n  "backfill": true\r\n}\r\n', b'{\r\n  "a": 1,\r\n  "backfill": false\r\n}\r\n'),
    "a value on its own line": (b'{"backfill"\n:\n\ntrue\n}', b'{"backfill"\n:\n\nfalse\n}'),
    "a byte order mark": (b'\xef\xbb\xbf{"backfill": true}', b'\xef\xbb\xbf{"backfill": false}'),
    "the same key nested before": (
        b'{"fields": {"backfill": {"type": "boolean"}}, "backfill": true}',
        b'{"fields": {"backfill": {"type": "boolean"}}, "backfill": false}',
    ),
    "the same key nested after": (
        b'{"backfill": true, "a": [{"backfill": true}]}',
        b'{"backfill": false, "a": [{"backfill": true}]}',
    ),
    "the word in a string": (
        b'{"description": "\\"backfill\\": true", "backfill": true}',
        b'{"description": "\\"backfill\\": true", "backfill": false}',
    ),
    "an escaped key": (b'{"back\\u0066ill": true}', b'{"back\\u0066ill": false}'),
    "twice: the last one counts": (
        b'{"backfill": false, "backfill": true}',
        b'{"backfill": false, "backfill": false}',
    ),
    "in quotes": (b'{"backfill": "true"}', b'{"backfill": "false"}'),
    "one in quotes": (b'{"backfill": "1"}', b'{"backfill": "false"}'),
    "no final newline, other scripts": (
        '{"name": "größe 日本", "backfill": true}'.encode(),
        '{"name": "größe 日本", "backfill": false}'.encode(),
    ),
    "a brace in a string": (b'{"a": "}{][,:", "backfill": true}', b'{"a": "}{][,:", "backfill": false}'),
    "duplicate members elsewhere": (b'{"a":1,"a":2,"backfill":true}', b'{"a":1,"a":2,"backfill":false}'),
    "numbers that Python would write otherwise": (
        b'{"a": 1.0e+5, "b": 1E400, "backfill": true}',
        b'{"a": 1.0e+5, "b": 1E400, "backfill": false}',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS.keys())
def test_only_the_word_changes(before, after):
    assert set_backfill(before, False) == after


@pytest.mark.parametrize(
    "content",
    [b'{"backfill": false}', b'{"backfill": "false"}', b"{}", b'{"a": {"backfill": true}}',
     b'{"backfill": true, "backfill": false}'],
)  # fmt: skip
def test_what_is_false_already_stays_as_it_is(content):
    assert set_backfill(content, False) == content


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"{}", b'{"backfill": true}'),
        (b"{ }", b'{"backfill": true }'),
        (b'{"a": 1}', b'{"a": 1,"backfill": true}'),
        (b'{\n  "a": 1,\n  "b": [2]\n}\n', b'{\n  "a": 1,\n  "b": [2],\n  "backfill": true\n}\n'),
        (b'{\r\n\t"a":1\r\n}', b'{\r\n\t"a":1,\r\n\t"backfill":true\r\n}'),
        (b'{"backfill": false}', b'{"backfill": true}'),
    ],
)
def test_true_is_set_or_added_in_the_files_own_spacing(before, after):
    assert set_backfill(before, True) == after


REFUSED = {
    "a syntax error": (b'{\n "backfill": true,\n}', Reason.NOT_JSON, 3, 1),
    "nothing": (b"", Reason.NOT_JSON, 1, 1),
    "NaN": (b'{"a": NaN, "backfill": true}', Reason.NOT_JSON, 1, 1),
    "a list": (b"[true]", Reason.NOT_OBJECT, 1, 1),
    "a word": (b"true", Reason.NOT_OBJECT, 1, 1),
    "Latin-1": ('{"name":\n"größe"}'.encode("latin-1"), Reason.NOT_TEXT, 2, 1),
    "UTF-16": ('{"backfill": true}'.encode("utf-16"), Reason.NOT_TEXT, 1, 1),
    "null": (b'{\n  "backfill": null}', Reason.NOT_BOOLEAN, 2, 15),
    "a number": (b'{"backfill": 1}', Reason.NOT_BOOLEAN, 1, 14),
    "an object": (b'{"backfill": {"on": true}}', Reason.NOT_BOOLEAN, 1, 14),
    "a list as value": (b'{"backfill": [true]}', Reason.NOT_BOOLEAN, 1, 14),
    "yes": (b'{"backfill": "yes"}', Reason.NOT_BOOLEAN, 1, 14),
    "True": (b'{"backfill": "True"}', Reason.NOT_BOOLEAN, 1, 14),
    "nested too deeply": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NOT_JSON, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason", "line", "column"), REFUSED.values(), ids=REFUSED.keys()
)
def test_what_is_no_flag_is_refused_with_its_place(content, reason, line, column):
    refusal = set_backfill(content, False)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.line, refusal.column) == (reason, line, column)


@pytest.mark.parametrize(
    ("content", "line", "column", "shadowed", "quoted"),
    [
        (b'{"backfill": true}', 1, 14, 0, False),
        (b'\xef\xbb\xbf{"backfill": true}', 1, 14, 0, False),
        (b'{\r\n  "a": 1,\r\n  "backfill": true\r\n}', 3, 15, 0, False),
        ('{"ö日": 1, "backfill": true}'.encode(), 1, 23, 0, False),
        (b'{"backfill": 3, "backfill": "true"}', 1, 29, 1, True),
    ],
)
def test_the_place_of_the_flag(content, line, column, shadowed, quoted):
    flag = find_backfill(content)
    assert isinstance(flag, Flag)
    assert (flag.line, flag.column, flag.shadowed, flag.quoted) == (line, column, shadowed, quoted)
    assert flag.value is True


def test_a_file_without_the_key_has_no_flag():
    assert find_backfill(b'{"fields": {"backfill": {}}}') is None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
KEYS = st.sampled_from(["backfill", "fields", "}", '"', "true"]) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@st.composite
def files(draw):
    """A stream file in any formatting, with the flag anywhere in it."""
    members = draw(st.dictionaries(KEYS.filter(lambda key: key != "backfill"), VALUES, max_size=5))
    items = list(members.items())
    flag = draw(st.booleans() | st.sampled_from(["true", "false"]))
    items.insert(draw(st.integers(0, len(items))), ("backfill", flag))
    text = json.dumps(
        dict(items),
        indent=draw(st.sampled_from([None, 0, 2, "\t"])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :  ")])),
    )
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + text.encode("utf-8", "replace") + draw(st.sampled_from([b"", b"\n"]))


@given(files(), st.booleans())
def test_the_rest_is_byte_for_byte_the_same_whatever_the_formatting(content, value):
    edited = set_backfill(content, value)
    flag = find_backfill(content)
    assert isinstance(edited, bytes)
    assert isinstance(flag, Flag)
    mark = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    text = content[mark:].decode()
    head, tail = text[: flag.start].encode(), text[flag.end :].encode()
    assert edited.startswith(content[:mark] + head)
    assert edited.endswith(tail)
    before, after = json.loads(text), json.loads(edited[mark:])
    word = str(value).lower() if flag.quoted else value
    assert after == {**before, "backfill": word}
    assert list(after) == list(before)


@given(files(), st.booleans())
def test_setting_it_twice_is_setting_it_once_and_setting_it_back_restores_the_file(content, value):
    once = set_backfill(content, value)
    assert isinstance(once, bytes)
    assert set_backfill(once, value) == once
    flag = find_backfill(content)
    assert isinstance(flag, Flag)
    assert set_backfill(once, flag.value) == content


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
)
def test_no_bytes_make_it_crash(content):
    assert isinstance(set_backfill(content, False), bytes | Refusal)
