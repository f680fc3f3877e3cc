"""Character sets by the names that IANA gives them, as far as OpenTofu knows them.

Lowest layer of `bot.plan.functions`
(https://pkg.go.dev/golang.org/x/text/encoding/ianaindex, https://www.iana.org/assignments/character-sets).
"""

from __future__ import annotations

import codecs

_BIG_ENDIAN_MARK = b"\xfe\xff"
_LITTLE_ENDIAN_MARK = b"\xff\xfe"

_CHARSETS: dict[str, tuple[str, ...]] = {
    "ascii": (
        "US-ASCII", "iso-ir-6", "ANSI_X3.4-1968", "ANSI_X3.4-1986", "ISO_646.irv:1991",
        "ISO646-US", "us", "IBM367", "cp367", "csASCII", "ASCII",
    ),
    "utf-8": ("UTF-8", "csUTF8"),
    "utf-16": ("UTF-16", "csUTF16"),
    "utf-16-be": ("UTF-16BE", "csUTF16BE"),
    "utf-16-le": ("UTF-16LE", "csUTF16LE"),
    "cp037": (
        "IBM037", "cp037", "ebcdic-cp-us", "ebcdic-cp-ca", "ebcdic-cp-wt", "ebcdic-cp-nl",
        "csIBM037",
    ),
    "cp437": ("IBM437", "cp437", "437", "csPC8CodePage437"),
    "cp850": ("IBM850", "cp850", "850", "csPC850Multilingual"),
    "cp852": ("IBM852", "cp852", "852", "csPCp852"),
    "cp855": ("IBM855", "cp855", "855", "csIBM855"),
    "cp858": ("IBM00858", "CCSID00858", "CP00858", "PC-Multilingual-850+euro", "csIBM00858"),
    "cp860": ("IBM860", "cp860", "860", "csIBM860"),
    "cp862": ("IBM862", "cp862", "862", "csPC862LatinHebrew"),
    "cp863": ("IBM863", "cp863", "863", "csIBM863"),
    "cp865": ("IBM865", "cp865", "865", "csIBM865"),
    "cp866": ("IBM866", "cp866", "866", "csIBM866"),
    "cp1140": ("IBM01140", "CCSID01140", "CP01140", "ebcdic-us-37+euro", "csIBM01140"),
    "iso8859-1": (
        "ISO-8859-1", "ISO_8859-1:1987", "iso-ir-100", "ISO_8859-1", "latin1", "l1", "IBM819",
        "CP819", "csISOLatin1",
    ),
    "iso8859-2": (
        "ISO-8859-2", "ISO_8859-2:1987", "iso-ir-101", "ISO_8859-2", "latin2", "l2",
        "csISOLatin2",
    ),
    "iso8859-3": (
        "ISO-8859-3", "ISO_8859-3:1988", "iso-ir-109", "ISO_8859-3", "latin3", "l3",
        "csISOLatin3",
    ),
    "iso8859-4": (
        "ISO-8859-4", "ISO_8859-4:1988", "iso-ir-110", "ISO_8859-4", "latin4", "l4",
        "csISOLatin4",
    ),
    "iso8859-5": (
        "ISO-8859-5", "ISO_8859-5:1988", "iso-ir-144", "ISO_8859-5", "cyrillic",
        "csISOLatinCyrillic",
    ),
    "iso8859-6": (
        "ISO-8859-6", "ISO_8859-6:1987", "iso-ir-127", "ISO_8859-6", "ECMA-114", "ASMO-708",
        "arabic", "csISOLatinArabic",
    ),
    "iso8859-7": (
        "ISO-8859-7", "ISO_8859-7:1987", "iso-ir-126", "ISO_8859-7", "ELOT_928", "ECMA-118",
        "greek", "greek8", "csISOLatinGreek",
    ),
    "iso8859-8": (
        "ISO-8859-8", "ISO_8859-8:1988", "iso-ir-138", "ISO_8859-8", "hebrew",
        "csISOLatinHebrew",
    ),
    "iso8859-9": (
        "ISO-8859-9", "ISO_8859-9:1989", "iso-ir-148", "ISO_8859-9", "latin5", "l5",
        "csISOLatin5",
    ),
    "iso8859-10": ("ISO-8859-10", "iso-ir-157", "l6", "ISO_8859-10:1992", "csISOLatin6", "latin6"),
    "iso8859-13": ("ISO-8859-13", "csISO885913"),
    "iso8859-14": (
        "ISO-8859-14", "iso-ir-199", "ISO_8859-14:1998", "ISO_8859-14", "latin8", "iso-celtic",
        "l8", "csISO885914",
    ),
    "iso8859-15": ("ISO-8859-15", "ISO_8859-15", "Latin-9", "csISO885915"),
    "iso8859-16": (
        "ISO-8859-16", "iso-ir-226", "ISO_8859-16:2001", "ISO_8859-16", "latin10", "l10",
        "csISO885916",
    ),
    "koi8-r": ("KOI8-R", "csKOI8R"),
    "koi8-u": ("KOI8-U", "csKOI8U"),
    "mac-roman": ("macintosh", "mac", "csMacintosh"),
    "cp874": ("windows-874", "cswindows874"),
    **{f"cp125{n}": (f"windows-125{n}", f"cswindows125{n}") for n in range(9)},
    "euc-jp": ("EUC-JP", "Extended_UNIX_Code_Packed_Format_for_Japanese", "csEUCPkdFmtJapanese"),
    "iso2022-jp": ("ISO-2022-JP", "csISO2022JP"),
    "cp932": ("Shift_JIS", "MS_Kanji", "csShiftJIS"),
    "big5": ("Big5", "csBig5"),
    "gbk": ("GBK", "CP936", "MS936", "windows-936", "csGBK"),
    "gb18030": ("GB18030", "csGB18030"),
    "cp949": ("EUC-KR", "csEUCKR"),
    "hz": ("HZ-GB-2312",),
}  # fmt: skip
_BY_NAME = {name.lower(): codec for codec, names in _CHARSETS.items() for name in names}


def codec_of(name: str) -> str:
    """The codec behind an IANA name; raises `LookupError`."""
    return _BY_NAME[name.lower()]


def encoded(text: str, codec: str) -> bytes:
    """`text` in that character set; raises `UnicodeEncodeError`. UTF-16 begins with its mark."""
    if codec == "utf-16":
        return _BIG_ENDIAN_MARK + text.encode("utf-16-be")
    return codecs.encode(text, codec)


def decoded(content: bytes, codec: str) -> str:
    """The text; raises `UnicodeDecodeError`. UTF-16 without a mark is big-endian."""
    if codec == "utf-16":
        codec = "utf-16-le" if content.startswith(_LITTLE_ENDIAN_MARK) else "utf-16-be"
        if content[:2] in (_BIG_ENDIAN_MARK, _LITTLE_ENDIAN_MARK):
            content = content[2:]
    return codecs.decode(content, codec)
