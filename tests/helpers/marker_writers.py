"""C3D and TRC files of markers, written by their documented layouts."""

import struct

import numpy as np


def write_trc(path, points, names, fps=60.0, unit="m", scale=1.0, comma=False):
    """`points` `[T, K, 3]`; NaN is a blank cell."""
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{fps:g}\t{fps:g}\t{len(points)}\t{len(names)}\t{unit}\t{fps:g}\t1\t{len(points)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{i + 1}" for i in range(len(names)) for axis in "XYZ"),
        "",
    ]
    for i, row in enumerate(points * scale):
        cells = [f"{x:.7f}" if np.isfinite(x) else "" for x in row.ravel()]
        lines.append("\t".join([str(i + 1), f"{i / fps:.4f}", *cells]))
    content = "\n".join(lines) + "\n"
    path.write_text(content.replace(".", ",") if comma else content)
    return path


def _vax(value):
    word = struct.pack("<f", 4 * value)
    return word[2:] + word[:2]


PACK = {
    84: ("<", lambda x: struct.pack("<f", x)),
    85: ("<", _vax),
    86: (">", lambda x: struct.pack(">f", x)),
}  # by the number of the processor: byte order of integers, and floats


def write_c3d(path, points, names, fps=60.0, unit="mm", scale=1000.0, processor=84, step=None):
    """`points` `[T, K, 3]`, NaN not seen; `step`: units of an integer, None for floats."""
    order, real = PACK[processor]
    frames, count = len(points), len(names)

    def integer(x):
        return struct.pack(order + "H", x & 0xFFFF)

    def parameter(name, group, kind, sizes, data):
        body = bytes([kind & 0xFF, len(sizes), *sizes]) + data
        return struct.pack("bb", len(name), group) + name.encode() + integer(len(body) + 3) + body + b"\0"

    width = max(map(len, names))
    parameters = b"\1\x50\0" + bytes([processor])
    parameters += struct.pack("bb", 5, -1) + b"POINT" + integer(3) + b"\0"
    parameters += parameter("LABELS", 1, -1, [width, count], "".join(n.ljust(width) for n in names).encode())
    parameters += parameter("UNITS", 1, -1, [len(unit)], unit.encode())
    parameters += parameter("USED", 1, 2, [], integer(count)) + parameter("FRAMES", 1, 2, [], integer(frames))
    parameters += parameter("SCALE", 1, 4, [], real(step or -1.0)) + parameter("RATE", 1, 4, [], real(fps)) + b"\0\0"
    blocks = -(-len(parameters) // 512)
    header = b"\2\x50" + integer(count) + integer(0) + integer(1) + integer(frames) + integer(0)
    header += real(step or -1.0) + integer(2 + blocks) + integer(0) + real(fps)
    content = header.ljust(512, b"\0") + parameters.ljust(512 * blocks, b"\0")
    for marker in (points * scale).reshape(-1, 3):
        seen = np.isfinite(marker).all()
        row = [*np.where(seen, marker / (step or 1), 0), 0.0 if seen else -1.0]
        content += b"".join(real(x) if step is None else struct.pack(order + "h", round(x)) for x in row)
    path.write_bytes(content)
    return path
