"""JSON of any length, an element at a time: memory holds one window of the file, never all of it.

The standard library's decoder serves, as it takes up in the middle of a text; it also reads NaN and Infinity, so that
they cost the one object that has them and not the file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from workers.importing.malformed import MalformedFileError, printable

_CHUNK = 2**20
_MAX_VALUE = 4 * 2**20
_MAX_SECTIONS = 100
_SPACE = re.compile(r"[ \t\r\n]*")


class JsonDocument:
    """The sections of a JSON object, or the one section named "" that a JSON array is. To be iterated once."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """`name` is how messages call the document."""
        self._text = _Text(file, name)
        self._name = name
        self.sections: set[str] = set()
        """Those met so far."""

    def __iter__(self) -> Iterator[tuple[str, int | None, Any]]:
        """(section, place from 0, element) of every section that is an array; of others (section, None, value).

        Raises MalformedFileError for what is no JSON.
        """
        text = self._text
        if text.take("[{") == "[":
            yield from self._array("")
        elif not text.skip("}"):
            while True:
                key = text.value()
                if not isinstance(key, str):
                    raise MalformedFileError(f"{self._name} is no JSON: a key is no text.")
                text.take(":")
                if text.skip("["):
                    yield from self._array(key)
                else:
                    self._meet(key)
                    yield key, None, text.value()
                if text.take(",}") == "}":
                    break
        text.check_end()

    def _meet(self, key: str) -> None:
        self.sections.add(key)
        if len(self.sections) > _MAX_SECTIONS:
            raise MalformedFileError(f"{self._name} has more than {_MAX_SECTIONS} sections.")

    def _array(self, key: str) -> Iterator[tuple[str, int, Any]]:
        self._meet(key)
        text, index = self._text, 0
        if text.skip("]"):
            return
        while True:
            yield key, index, text.value()
            index += 1
            if text.take(",]") == "]":
                return


class _Text:
    """A window that moves over the text of a file."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._scan = json.JSONDecoder().raw_decode
        self._window = ""
        self._place = 0
        self._ended = False

    def value(self) -> Any:
        """The value that comes next, of up to 4 million characters."""
        self._skip_space()
        while True:
            try:
                value, end = self._scan(self._window, self._place)
            except RecursionError as error:
                raise MalformedFileError(f"{self._name} nests its values too deep.") from error
            except json.JSONDecodeError as error:
                if self._ended or len(self._window) - self._place > _MAX_VALUE:
                    raise MalformedFileError(f"{self._name} is no JSON: {self._fault(error)}") from error
            except ValueError as error:
                raise MalformedFileError(f"{self._name} has a number of thousands of digits.") from error
            else:
                # A number at the window's end may go on beyond it.
                if end < len(self._window) or self._ended:
                    self._place = end
                    return value
            self._read_on()

    def take(self, characters: str) -> str:
        """The next character, which must be one of `characters`."""
        found = self._next()
        if found not in characters or not found:
            shown = f"“{printable(found)}”" if found else "the end of the file"
            raise MalformedFileError(f"{self._name} is no JSON: {shown} where {' or '.join(characters)} should be.")
        self._place += 1
        return found

    def skip(self, character: str) -> bool:
        """Whether the next one is `character`; then it is behind us."""
        found = self._next() == character
        self._place += found
        return found

    def check_end(self) -> None:
        """Nothing but space may follow."""
        if self._next():
            raise MalformedFileError(f"{self._name} is no JSON: it goes on after its end.")

    def _next(self) -> str:
        self._skip_space()
        return self._window[self._place : self._place + 1]

    def _skip_space(self) -> None:
        while True:
            space = _SPACE.match(self._window, self._place)
            self._place = space.end() if space else self._place
            if self._place < len(self._window) or self._ended:
                return
            self._read_on()

    def _read_on(self) -> None:
        """Twice the window at least, so that a long value is not begun over and over."""
        kept = self._window[self._place :]
        data = self._file.read(max(_CHUNK, len(kept)))
        try:
            more = self._decode(data, not data)
        except UnicodeDecodeError as error:
            raise MalformedFileError(f"{self._name} is no UTF-8 text.") from error
        self._ended = not data
        self._window, self._place = kept + more, 0

    def _fault(self, error: json.JSONDecodeError) -> str:
        if len(self._window) - self._place > _MAX_VALUE:
            return f"a value goes on for more than {_MAX_VALUE // 2**20} million characters, or it is broken."
        near = self._window[error.pos : error.pos + 20]
        return f"{error.msg} near “{printable(near)}”." if near else f"{error.msg} at its end; it may be cut off."
