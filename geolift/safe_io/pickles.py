"""Safe unpickling of untrusted files: arrays, numbers, text and containers of them; nothing in the file is run.

A pickle is a program. This interpreter knows only the functions below, which build arrays and containers and check
their arguments: no import, no attribute, no class that the file chooses. Memory stays within a few hundred bytes for
each byte of the file, because every array must come with its bytes.
"""

import math
import pickle
import re
from collections import OrderedDict
from typing import Any, BinaryIO

import numpy as np

from geolift.errors import DatasetError

ENCODINGS = ("latin1", "bytes")
KINDS = re.compile(r"[?biufcSUO]\d{0,9}")  # of arrays: plain numbers, text, objects
LARGEST_DEPTH = 64  # of numpy's dimensions
LARGEST_REPEATED = 2**25  # bytes, of arrays that are used more than once
LONGEST_NAME = 1000  # characters
SMALL_KEY = 2**16  # of whole numbers in tuples
LARGEST_KEY = 2**60  # of whole numbers, below which no two have the same hash
LARGEST_HOLLOW = 2**24  # of an array without bytes: the product of its lengths, 0 counted as 1


def load_pickle(file: BinaryIO, origin: str, *, encoding: str = "latin1") -> Any:
    """Read the object in a pickle: dicts, lists, tuples, sets, text, bytes, numbers, None and arrays of them.

    Lists in the pickle may contain one another many times: check shapes before making arrays of them.

    Args:
        file: opened for reading in binary mode.
        origin: the file, for errors.
        encoding: how byte strings of Python 2 are read: "latin1" (as text) or "bytes".

    Returns:
        The object.

    Raises:
        DatasetError: if the pickle names anything else (the message states what), or is damaged.
        ValueError: if `encoding` is neither.

    Example:
        >>> import io
        >>> load_pickle(io.BytesIO(pickle.dumps({"joints": [1, 2]})), "a.pkl")
        {'joints': [1, 2]}
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding: found {encoding!r}, expected one of {ENCODINGS}")
    try:
        return _Unpickler(file, encoding=encoding).load()
    except _Forbidden as error:
        raise DatasetError(
            f"{origin}: the pickle asks for {error}, which is never run: expected arrays, numbers, text and containers"
        ) from None
    except (Exception, MemoryError) as error:  # a damaged pickle can raise nearly anything
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"{origin}: the pickle is damaged or cut off: {what}") from error


class Repeats:
    """Limits how often a pickle's arrays are used again: naming one takes two bytes, using it takes all its bytes.

    Args:
        origin: the file, for errors.
    """

    def __init__(self, origin: str):
        self._origin, self._left = origin, LARGEST_REPEATED
        self._known: dict[int, Any] = {}  # by identity; kept alive so that no identity is used twice

    def count(self, value: Any) -> None:
        """Count a use of `value`. Raises DatasetError if the same values are used too often."""
        if id(value) in self._known:
            self._left -= 1000 + getattr(value, "nbytes", 0)
        self._known[id(value)] = value
        if self._left < 0:
            raise DatasetError(f"{self._origin}: found the same arrays again and again, expected each of them once")


def numbers(value: Any, origin: str) -> np.ndarray:
    """Numbers that a pickle holds as an array, or as a list of them.

    Raises:
        DatasetError: if it is anything else, such as lists in lists, which may contain one another many times.
    """
    return _plain(value, origin, (int, float, np.number, np.bool_), "biuf", "numbers")


def names(value: Any, origin: str) -> np.ndarray:
    """Texts of up to `LONGEST_NAME` characters that a pickle holds as an array or a list. Raises as `numbers`."""
    found = _plain(value, origin, (str, bytes), "US", "names")
    if found.dtype.itemsize > 4 * LONGEST_NAME:
        raise DatasetError(f"{origin}: found a name of {found.dtype}, expected up to {LONGEST_NAME} characters")
    return found.astype(np.str_)


def _plain(value: Any, origin: str, items: tuple[type, ...], kinds: str, expected: str) -> np.ndarray:
    if isinstance(value, list) and all(isinstance(item, items) for item in value):
        longest = max((len(item) for item in value if isinstance(item, str | bytes)), default=0)
        if longest > LONGEST_NAME:  # in an array all would be as long
            raise DatasetError(f"{origin}: found a name of {longest} characters, expected up to {LONGEST_NAME}")
        try:
            value = np.array(value, None if value else float)
        except (OverflowError, UnicodeDecodeError, ValueError) as error:
            raise DatasetError(f"{origin}: expected {expected}: {error}") from error
    if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
        found = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise DatasetError(f"{origin}: found {found}, expected {expected}, an array or a list of them")
    return value


class _Forbidden(Exception):
    """The pickle asks for something that is not allowed; the text names it."""


def _text(value: Any) -> str:
    """Text, also text that Python 2 pickled as bytes."""
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise ValueError(f"found {type(value).__name__}, expected text")
    return value


def _bytes(value: Any) -> bytes:
    """Bytes, also those of Python 2 that `encoding` decoded to text."""
    if isinstance(value, str):
        return value.encode("latin1")
    if not isinstance(value, bytes | bytearray | memoryview):
        raise ValueError(f"found {type(value).__name__}, expected bytes")
    return bytes(value)


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple) or len(value) > LARGEST_DEPTH or not all(type(i) is int and i >= 0 for i in value):
        raise ValueError("found no shape, expected a tuple of lengths")
    return value


def hollow(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape without bytes would still have very many elements or lists."""
    return math.prod(length or 1 for length in shape) > LARGEST_HOLLOW


def _dtype(name: Any, align: Any = False, copy: Any = True) -> np.dtype:
    """A new type of numbers, text or objects, whose byte order a BUILD may set; `align` and `copy` are ignored."""
    if not KINDS.fullmatch(_text(name)):
        raise _Forbidden(f"arrays of type {_text(name)[:40]!r}")
    return np.dtype(_text(name), copy=True)


def _set_dtype(dtype: np.dtype, state: Any) -> None:
    """Set the byte order; anything else in `state` is refused."""
    if not isinstance(state, tuple) or len(state) < 2:
        raise ValueError("found no state of a type")
    order = _text(state[1])
    if order not in ("<", ">", "|", "="):
        raise ValueError(f"found the byte order {order[:9]!r}")
    expected = dtype.newbyteorder(order).__reduce__()[2]
    if state[0] not in (3, 4) or state[2:8] != expected[2:8] or (len(state) > 8 and state[8] is not None):
        raise _Forbidden("arrays of records or of a custom type")
    dtype.__setstate__(expected)


def _values(data: Any, dtype: Any, count: int) -> np.ndarray:
    """`[count]` values from the bytes `data`."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("found objects, expected a type of numbers or text")
    data = _bytes(data)
    if len(data) != count * dtype.itemsize:
        raise ValueError(f"found {len(data)} bytes, expected {count} values of {dtype.itemsize} bytes")
    return np.frombuffer(data, dtype) if data else np.zeros(count if dtype.itemsize else 0, dtype)


def _ndarray(*_: Any) -> None:
    """Stands for the class, which only `_reconstruct` may name."""
    raise _Forbidden("numpy.ndarray without data")


def _reconstruct(cls: Any, shape: Any, kind: Any) -> np.ndarray:
    """An empty array, which a BUILD fills."""
    if cls is not _ndarray:
        raise _Forbidden("an array of another class than numpy.ndarray")
    return np.zeros(0, np.int8)


def _set_array(array: np.ndarray, state: Any) -> None:
    """Fill an array of `_reconstruct`, once; its bytes or its list of objects must be complete."""
    if array.shape != (0,) or array.dtype != np.int8 or not array.flags.owndata:
        raise ValueError("found an array that is built twice")
    if not isinstance(state, tuple) or len(state) not in (4, 5):
        raise ValueError("found no state of an array")
    shape, dtype, fortran, data = state[-4:]
    shape, count = _shape(shape), math.prod(_shape(shape))
    if not isinstance(dtype, np.dtype):
        raise ValueError("found an array without a type")
    if not count * dtype.itemsize and hollow(shape):
        raise ValueError(f"found shape {list(shape)} without any bytes")
    if dtype.hasobject:
        if not isinstance(data, list) or len(data) != count:
            raise ValueError(f"found no list of {count} objects")
    else:
        data = _values(data, dtype, count).tobytes()
    array.__setstate__((1, shape, dtype, bool(fortran), data))


def _scalar(dtype: Any, data: Any = b"") -> np.generic:
    if isinstance(dtype, np.dtype) and not dtype.itemsize:
        return dtype.type()
    return _values(data, dtype, 1)[0]


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    values = _values(data, dtype, math.prod(_shape(shape)))
    if order == "K" and axes is not None:
        return values.reshape(shape).transpose(_shape(axes)).copy(order="K")
    return values.reshape(shape, order="F" if order == "F" else "C").copy(order="K")


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """Bytes as protocols before 3 store them."""
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise _Forbidden("_codecs.encode other than latin1")
    return text.encode("latin1")


def _bytes_object(data: Any = b"", encoding: Any = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise _Forbidden("bytes of another encoding than latin1")
    return _bytes(data)


def _bytearray(*args: Any) -> bytearray:
    return bytearray(_bytes_object(*args))


def _items(items: Any) -> list | tuple:
    if not isinstance(items, list | tuple):
        raise ValueError(f"found {type(items).__name__}, expected a list")
    return items


def _key(key: Any) -> Any:
    """A key that is hashed quickly, to a hash that few other keys have.

    Tuples in tuples can contain one another so that hashing them takes for ever. Many numbers beyond `LARGEST_KEY`,
    complex numbers and tuples of numbers can have the same hash; then a dict's time grows with the square of its size.
    """
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        plain = isinstance(part, int | np.integer) and abs(int(part)) < (LARGEST_KEY if part is key else SMALL_KEY)
        if not (plain or isinstance(part, str | bytes | None) or (part is key and isinstance(part, float | np.bool_))):
            raise ValueError(f"found a key of {type(part).__name__}, expected text or a number")
    return key


def _set(items: Any = ()) -> set:
    return {_key(item) for item in _items(items)}


def _frozenset(items: Any = ()) -> frozenset:
    return frozenset(_set(items))


def _list(items: Any = ()) -> list:
    return list(_items(items))


def _tuple(items: Any = ()) -> tuple:
    return tuple(_items(items))


def _dict(items: Any = ()) -> dict:
    return {_key(key): value for key, value in _items(items)}


def _ordered(items: Any = ()) -> OrderedDict:
    return OrderedDict(_dict(items))


def _number(cls: type, *args: Any) -> Any:
    if not all(isinstance(arg, int | float) for arg in args):
        raise ValueError(f"found no numbers for {cls.__name__}")
    return cls(*args)


def _int(*args: Any) -> int:
    return _number(int, *args)


def _float(*args: Any) -> float:
    return _number(float, *args)


def _complex(*args: Any) -> complex:
    return _number(complex, *args)


def _bool(*args: Any) -> bool:
    return _number(bool, *args)


_BUILTINS = {
    "bytes": _bytes_object, "bytearray": _bytearray, "set": _set, "frozenset": _frozenset, "list": _list,
    "tuple": _tuple, "dict": _dict, "int": _int, "long": _int, "float": _float, "complex": _complex, "bool": _bool,
}  # fmt: skip
# All that a pickle may name. They are plain functions, not classes: no opcode can make an instance unchecked.
_GLOBALS = {
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): _ndarray,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _ordered,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    **{(module, name): f for name, f in _BUILTINS.items() for module in ("builtins", "__builtin__")},
}


class _Unpickler(pickle._Unpickler):
    """The interpreter in Python: the one in C trusts sizes in the pickle. No opcode changes any other object."""

    dispatch = pickle._Unpickler.dispatch.copy()

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _GLOBALS:
            raise _Forbidden(f"{module}.{name}"[:100].encode("unicode_escape").decode("ascii"))
        return _GLOBALS[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise _Forbidden("an object outside the pickle")

    def get_extension(self, code: int) -> Any:
        raise _Forbidden(f"the registered extension {code}")

    def load_build(self) -> None:
        state = self.stack.pop()
        built = self.stack[-1]
        if type(built) is np.ndarray:
            _set_array(built, state)
        elif isinstance(built, np.dtype):
            _set_dtype(built, state)
        else:
            raise _Forbidden(f"a state for {type(built).__name__}")

    def load_setitems(self) -> None:
        items = self.pop_mark()
        self._set_items(items[::2], items[1::2])

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key], [value])

    def _set_items(self, keys: list[Any], values: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise _Forbidden(f"items of {type(self.stack[-1]).__name__}")
        self.stack[-1].update(zip(map(_key, keys), values, strict=True))

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({})
        self._set_items(items[::2], items[1::2])

    def load_additems(self) -> None:
        items = self.pop_mark()
        if type(self.stack[-1]) is not set:
            raise _Forbidden(f"elements of {type(self.stack[-1]).__name__}")
        self.stack[-1].update(map(_key, items))

    def load_frozenset(self) -> None:
        items = self.pop_mark()
        self.append(_frozenset(items))

    def load_appends(self) -> None:
        items = self.pop_mark()
        self._list().extend(items)

    def load_append(self) -> None:
        item = self.stack.pop()
        self._list().append(item)

    def _list(self) -> list:
        if type(self.stack[-1]) is not list:
            raise _Forbidden(f"elements of {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    dispatch |= {
        pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.ADDITEMS[0]: load_additems,
        pickle.FROZENSET[0]: load_frozenset,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
    }
