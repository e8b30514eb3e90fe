"""Pickles of arrays and containers come back as they were; any other pickle gives an error, and nothing of it runs."""

import collections
import contextlib
import functools
import io
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.safe_io import pickles

FINE = {
    "containers": {"a": [1, 2.5, True, None, "text", b"bytes"], ("S1", 1): (1, (2,)), "s": {1, 2}, "f": frozenset("x")},
    "numbers": [0, -1, 2**70, 1e300, float("inf"), 1j, bytearray(b"abc"), b"", ""],
    "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
    "arrays": [np.arange(6.0).reshape(2, 3), np.array(7), np.zeros((0, 3)), np.arange(4, dtype=">i2"), np.ones(2, "?")],
    "texts": [np.array(["ab", "c"]), np.array([b"ab", b"c"]), np.array("")],
    "fortran": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    "turned": np.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0),
    "scalars": [np.float32(1.5), np.int64(3), np.bool_(True), np.str_("x"), np.complex64(1j)],
    "objects": np.array({"S1": {"Walking": [np.ones((2, 3), np.float32), None]}}),
    "ragged": np.array([np.zeros(2), "x", None, [1]], dtype=object),
    "shared": [collections.OrderedDict(a=np.arange(3))] * 3,
}


def load(content, **options):
    return pickles.load_pickle(io.BytesIO(content), "data.pkl", **options)


def same(a, b):
    """Whether two objects are equal, types included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        equal = a.shape == b.shape and a.dtype == b.dtype
        return equal and all(same(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def refused(content, message):
    with pytest.raises(DatasetError, match=message) as error:
        load(content)
    assert str(error.value).startswith("data.pkl: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("case", FINE)
def test_round_trip(case, protocol):
    content = pickle.dumps(FINE[case], protocol)
    assert same(load(content), pickle.loads(content))


@pytest.mark.parametrize("protocol", range(6))
def test_names_of_numpy_1_and_2_are_the_same(protocol):
    whole = pickle.dumps([np.arange(3.0), np.float64(1)], protocol)
    for name in (b"multiarray", b"numeric"):
        new, old = b"numpy._core." + name, b"numpy.core." + name
        for begin in (lambda text: b"\x8c" + bytes([len(text)]), lambda text: b"c"):
            whole = whole.replace(begin(new) + new, begin(old) + old)
    if protocol >= 4:
        whole = _without_frames(whole)
    assert b"numpy.core" in whole and b"_core" not in whole
    assert same(load(whole), [np.arange(3.0), np.float64(1)])


def _without_frames(content):
    """A pickle without the frames of protocol 4, whose lengths an edit makes wrong."""
    assert content[2:3] == pickle.FRAME
    return content[:2] + content[11:]


# What Python 2 wrote for {'a': numpy.array([1., 2.], 'f4'), 'u': u'x', 's': set([1])}, protocol 2.
PYTHON2 = (
    b"\x80\x02}q\x00(U\x01acnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
    b"(K\x01K\x02\x85cnumpy\ndtype\nq\x04U\x02f4K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
    b"K\x00tb\x89U\x08\x00\x00\x80?\x00\x00\x00@tbU\x01uX\x01\x00\x00\x00xU\x01sc__builtin__\nset\n]K\x01a\x85Ru."
)


def test_python_2():
    text = load(PYTHON2)
    assert same(text, {"a": np.array([1, 2], "f4"), "u": "x", "s": {1}})
    assert same(load(PYTHON2, encoding="bytes"), {b"a": np.array([1, 2], "f4"), b"u": "x", b"s": {1}})
    with pytest.raises(ValueError, match=r"encoding: found 'ASCII'"):
        load(PYTHON2, encoding="ASCII")


class Calls:
    """Pickles as the call of a function."""

    def __init__(self, function, *args, state=None):
        self.call = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (os.system, r"(posix|nt)\.system"),
        (eval, r"(__builtin__|builtins)\.eval"),
        (getattr, r"(__builtin__|builtins)\.getattr"),
        (functools.partial, r"functools\.partial"),
        (np.load, r"numpy\.load"),
        (np.fromfile, r"numpy\.(_?core\.multiarray\.)?fromfile"),
    ],
)
def test_nothing_runs(function, name, protocol, tmp_path):
    argument = {os.system: f"touch {tmp_path}/ran", eval: f"open({str(tmp_path / 'ran')!r}, 'w')"}.get(function, print)
    for payload in (Calls(function, argument), [1, {"a": Calls(function, argument)}], {Calls(function, argument): 1}):
        refused(pickle.dumps(payload, protocol), f"the pickle asks for {name}, which is never run")
    assert not (tmp_path / "ran").exists()


def built(function, *args, state):
    """REDUCE of a global that is allowed, then BUILD with any state."""
    arguments, state = (pickle.dumps(part, 2)[2:-1] for part in (args, state))
    return b"\x80\x02c" + function + b"\n" + arguments + b"R" + state + b"b."


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"


TUPLES = b")" + b"2\x86" * 60  # hashing it would take 2**60 steps


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", r"os\.system"),
        (b"(S'true'\nios\nsystem\n.", r"os\.system"),
        (b"\x80\x02cnumpy\nndarray\nK\x05\x85R.", "ndarray without data"),
        (b"\x80\x02cnumpy\nndarray\nK\x05\x85\x81.", "damaged"),
        (b"\x80\x02cnumpy\nndarray\n}U\x0c__defaults__K\x01\x85sb.", "a state for function"),
        (b"\x80\x02ccollections\nOrderedDict\n)R}U\x01aK\x01sb.", "a state for OrderedDict"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.", r"_codecs\.encode"),
        (b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.", "damaged.*expected bytes"),
        (b"\x80\x02cbuiltins\nlist\nX\x01\x00\x00\x00a\x85R.", "expected a list"),
        (b"\x80\x02" + ARRAY + b"K\x00]s.", "items of ndarray"),
        (b"\x80\x02" + ARRAY + b"(K\x00]u.", "items of ndarray"),
        (b"\x80\x02]K\x00K\x01s.", "items of list"),
        (b"\x80\x04" + ARRAY + b"(K\x00\x90.", "elements of ndarray"),
        (b"\x80\x02" + ARRAY + b"K\x00a.", "elements of ndarray"),
        (b"\x80\x02}(K\x00e.", "elements of dict"),
        (b"\x80\x02}" + TUPLES + b"K\x01s.", "found a key of tuple"),
        (b"\x80\x02(" + TUPLES + b"K\x01d.", "found a key of tuple"),
        (b"\x80\x04\x8f(" + TUPLES + b"\x90.", "found a key of tuple"),
        (b"\x80\x04(" + TUPLES + b"\x91.", "found a key of tuple"),
        (b"\x80\x02\x82\x01.", "extension"),
        (b"Pid\n.", "outside the pickle"),
        (b"\x80\x05\x97.", "damaged"),
        (built(b"numpy\ndtype", "V8", state=()), "arrays of type 'V8'"),
        (built(b"numpy\ndtype", "i4,O", state=()), "arrays of type"),
        (built(b"numpy\ndtype", "f8", state=(3, "<", None, ("a",), {"a": 1}, 8, 1, 0)), "records"),
        (built(b"numpy\ndtype", "U2", state=(3, "<", None, None, None, 80, 4, 8)), "custom type"),
        (built(b"numpy\ndtype", "O", state=(3, "|", None, None, None, -1, -1, 0)), "custom type"),
    ],
)
def test_no_other_way_in(content, message):
    refused(content, message)


@pytest.mark.parametrize(
    ("shape", "dtype", "data"),
    [
        ((2**40,), "O8", [None]),
        ((3,), "O8", [None]),
        ((2**40,), "f8", b"\0" * 8),
        ((-1,), "f8", b""),
        ((3,), "f8", b"\0" * 16),
        ([1], "f8", b"\0" * 8),
        ((1,) * 100, "f8", b"\0" * 8),
        ((1,), "O8", b"\0" * 8),
        ((2**40,), "U0", b""),
    ],
)
def test_arrays_need_their_bytes(shape, dtype, data):
    """Nor does numpy look at what comes here: of a list shorter than the shape it reads past the end."""
    parts = [pickle.dumps(part, 2)[2:-1] for part in (shape, data)]
    typ = b"cnumpy\ndtype\nX" + len(dtype).to_bytes(4, "little") + dtype.encode() + b"\x85R"
    content = b"\x80\x02" + ARRAY + b"(K\x01" + parts[0] + typ + b"\x89" + parts[1] + b"tb."
    tracemalloc.start()
    refused(content, "damaged")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04",
        b"\x80\x63.",
        b"keypoints,confidence\n",
        b"\x80\x02B\xff\xff\xff\x7f.",
        b"\x80\x02r\xff\xff\xff\x7f.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"I" + b"9" * 10_000 + b"\n.",
    ],
)
def test_damaged_pickles_allocate_nothing(content):
    tracemalloc.start()
    refused(content, "the pickle is damaged or cut off")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21


def test_any_damage_gives_geolift_s_own_error(rng):
    for protocol in (0, 2, 4, 5):
        whole = pickle.dumps(FINE, protocol)
        for cut in rng.integers(0, len(whole), 30):
            refused(whole[:cut], "damaged|never run")
        for _ in range(100):
            damaged = bytearray(whole)
            for place in rng.integers(0, len(whole), 3):
                damaged[place] ^= 1 << rng.integers(8)
            with contextlib.suppress(DatasetError):
                load(bytes(damaged))
