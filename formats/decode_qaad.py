"""A second decoder of .qaad files, written from qaad-1.md alone and kept for its clarity, not for speed.

    python formats/decode_qaad.py FILE INDEX > points.txt

Needs numpy; shares no code with qaadcodec. The network is computed in float64: what comes out is what every decoder has
to come close to (qaad-1.md, "Tolerance").
"""

import json
import struct
import sys
import zlib

import numpy as np


class BadFile(Exception):
    """The file is not a whole, undamaged container that this decoder knows."""


def check(good, message):
    if not good:
        raise BadFile(message)


class Cursor:
    """Takes bytes from the front of a part of the file, and never more than there are."""

    def __init__(self, data, what):
        self.data, self.what, self.at = data, what, 0

    def take(self, n):
        check(self.at + n <= len(self.data), f"{self.what}: ends too early")
        self.at += n
        return self.data[self.at - n : self.at]

    def unpack(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))


def no_duplicates(pairs):
    check(len(dict(pairs)) == len(pairs), "header: a key stands twice")
    return dict(pairs)


def finite(text):
    check(np.isfinite(float(text)), f"header: {text} is not finite")
    return float(text)


def whole(text):
    check(len(text) <= 20, f"header: a whole number of {len(text)} digits")
    return int(text)


def read_header(text):
    try:
        deepest = depth = 0
        in_string = escaped = False
        for c in text.decode():
            in_string = in_string if escaped or c != '"' else not in_string
            escaped = in_string and c == "\\" and not escaped
            depth += 0 if in_string else (c in "[{") - (c in "]}")
            deepest = max(deepest, depth)
        check(deepest <= 4, "header: nested too deep")
        hooks = {"parse_int": whole, "parse_float": finite, "parse_constant": finite}
        header = json.loads(text, object_pairs_hook=no_duplicates, **hooks)
    except ValueError as error:
        raise BadFile(f"header: {error}") from error
    required = {"clouds", "points", "dtype", "offset", "scale", "bounds", "network"}
    check(isinstance(header, dict) and required <= set(header), "header: lacks a key")
    check(all(type(header[key]) is int and 1 <= header[key] <= 2**24 for key in ("clouds", "points")), "header: N or M")
    check(header["dtype"] in ("float32", "float64") and header["scale"] > 0, "header: dtype or scale")
    settings = ["latent_size", "patches", "shared_widths", "head_widths", "fourier_octaves", "film", "displacement"]
    check(sorted(header["network"]) == sorted(settings), "header: the network's settings")
    check(1 <= header["network"]["patches"] <= header["points"], "header: K")
    return header


def read_file(data):
    """Header and sections {tag: (coding, payload)} of a file, every checksum outside the latents' blocks checked."""
    file = Cursor(data, "file")
    check(file.take(8) == b"\x89QAD\r\n\x1a\n", "magic: not a .qaad file")
    major, _minor, header_length, header_crc = file.unpack("HHII")
    check(major == 1, f"version {major} is not 1")
    check(header_length <= 65536, "header: too long")
    text = file.take(header_length)
    check(zlib.crc32(data[:16] + text) == header_crc, "header: CRC-32")
    header = read_header(text)

    table_start = file.at
    (count,) = file.unpack("H")
    check(1 <= count <= 64, "section table: number of sections")
    entries = [file.unpack("4sHQI") for _ in range(count)]
    check(zlib.crc32(data[table_start : file.at]) == file.unpack("I")[0], "section table: CRC-32")
    sections = {}
    for tag, coding, length, crc in entries:
        check(tag.isalpha() and tag not in sections, f"section {tag}: not four letters, or there twice")
        payload = file.take(length)
        check(zlib.crc32(payload) == crc, f"section {tag}: CRC-32")
        known = {b"WGTS": (0, 1, 2), b"INPT": (0, 1, 2), b"LATS": (0, 1, 2), b"NAME": (3,)}.get(tag)
        check(known is not None or tag[:1].islower(), f"section {tag}: critical and unknown")
        check(known is None or coding in known, f"section {tag}: coding {coding}")
        sections[tag] = coding, payload
    check({b"WGTS", b"INPT", b"LATS", b"NAME"} <= set(sections), "a section is missing")
    check(file.unpack("Q4s") == (len(data), b"QEND") and file.at == len(data), "trailer")
    return header, sections


def read_array(cursor, coding, shape):
    """One array of numbers, as float64: every value of every coding is exact in it."""
    count, rows = int(np.prod(shape, dtype=object)), int(np.prod(shape[:-1], dtype=object))
    if coding in (0, 1):
        kind = np.dtype("<f4" if coding == 0 else "<f2")
        values = np.frombuffer(cursor.take(count * kind.itemsize), kind).astype(float)
        check(np.isfinite(values).all(), f"{cursor.what}: a value is not finite")
        return values.reshape(shape)
    (bits,) = cursor.unpack("B")
    check(2 <= bits <= 16, f"{cursor.what}: {bits} bits")
    exponents = np.frombuffer(cursor.take(rows), np.int8).astype(int)
    check((abs(exponents) <= 100).all(), f"{cursor.what}: exponent out of range")
    packed = np.frombuffer(cursor.take((count * bits + 7) // 8), np.uint8)
    stream = np.unpackbits(packed)  # most significant bit first
    check(not stream[count * bits :].any(), f"{cursor.what}: spare bits are not zero")
    weights = 1 << np.arange(bits)[::-1]
    weights[0] = -weights[0]  # two's complement
    integers = stream[: count * bits].reshape(count, bits) @ weights
    return (integers.reshape(rows, -1) * 2.0 ** exponents[:, None]).reshape(shape)


def read_all(cursor, coding, shapes):
    arrays = {name: read_array(cursor, coding, shape) for name, shape in shapes.items()}
    check(cursor.at == len(cursor.data), f"{cursor.what}: bytes left over")
    return arrays


def tensor_shapes(net):
    """Names and shapes of the network's tensors, in the order of the file."""
    shapes, width, latent = {}, 3 + 6 * net["fourier_octaves"], net["latent_size"]
    for i, out in enumerate(net["shared_widths"]):
        shapes[f"shared.{i}.weight"], shapes[f"shared.{i}.bias"] = (out, width), (out,)
        if net["film"]:
            shapes[f"shared.{i}.scale"] = (out, latent)
        if net["film"] or i == 0:
            shapes[f"shared.{i}.shift"] = (out, latent)
        width = out
    width += 3
    for j, out in enumerate([*net["head_widths"], 3]):
        shapes[f"head.{j}.weight"], shapes[f"head.{j}.bias"] = (net["patches"], out, width), (net["patches"], out)
        width = out
    return shapes


def read_latents(section, clouds, latent_size):
    """The latent table (N, l), every block of it."""
    coding, payload = section
    cursor = Cursor(payload, "latents")
    (count,) = cursor.unpack("I")
    entries = [cursor.unpack("HII") for _ in range(count)]
    check(zlib.crc32(payload[: cursor.at]) == cursor.unpack("I")[0], "latents: CRC-32 of the directory")
    check(sum(n for n, _, _ in entries) == clouds and all(n for n, _, _ in entries), "latents: number of clouds")
    table = [np.empty((0, latent_size))]
    for n, length, crc in entries:
        block = Cursor(cursor.take(length), "latents: block")
        check(zlib.crc32(block.data) == crc, "latents: CRC-32 of a block")
        shape = (latent_size, n) if n >= 8 else (n, latent_size)
        rows = read_all(block, coding, {"rows": shape})["rows"]
        table.append(rows.T if n >= 8 else rows)
    check(cursor.at == len(payload), "latents: bytes left over")
    return np.concatenate(table)


def read_names(section, clouds, points):
    """Name and original number of points of each cloud."""
    cursor = Cursor(section[1], "names")
    (length,) = cursor.unpack("I")
    check(length <= 2**26, "names: too long")
    inflater = zlib.decompressobj(-15)
    try:
        text = inflater.decompress(cursor.data[4:], length + 1)
    except zlib.error as error:
        raise BadFile(f"names: {error}") from error
    check(len(text) == length and inflater.eof and not inflater.unused_data, "names: inflated length")
    *lines, rest = text.split(b"\n", clouds)
    check(len(lines) == clouds and len(rest) in (0, 4 * clouds), "names: number of names or counts")
    try:
        names = [line.decode() for line in lines]
    except UnicodeDecodeError as error:
        raise BadFile(f"names: {error}") from error
    control = any(ord(c) < 32 or 127 <= ord(c) < 160 for c in "".join(names))
    good = len(set(names)) == clouds and all(1 <= len(line) <= 1024 for line in lines) and not control
    check(good, "names: empty, too long, twice, or with control characters")
    counts = (
        [sum(rest[p * clouds + i] << 8 * p for p in range(4)) for i in range(clouds)] if rest else [points] * clouds
    )
    check(all(counts), "names: a cloud of no points")
    return names, counts


def selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


def fold(net, weights, q, latent):
    """The network: points (M, 3), normalised, from the input cloud (M, 3) and one latent (l,)."""
    M, K = len(q), net["patches"]
    waves = [f(np.pi * 2.0**j * q) for j in range(net["fourier_octaves"]) for f in (np.sin, np.cos)]
    h = np.concatenate([q, *waves], axis=1)
    for i in range(len(net["shared_widths"])):
        h = h @ weights[f"shared.{i}.weight"].T + weights[f"shared.{i}.bias"]
        if f"shared.{i}.scale" in weights:
            h = h * (1 + weights[f"shared.{i}.scale"] @ latent)
        if f"shared.{i}.shift" in weights:
            h = h + weights[f"shared.{i}.shift"] @ latent
        h = selu(h)
    features = np.concatenate([h, q], axis=1)
    out, row = np.empty((M, 3)), 0
    for k in range(K):
        size = M // K + (k < M % K)
        f = features[row : row + size]
        for j in range(len(net["head_widths"]) + 1):
            f = f @ weights[f"head.{j}.weight"][k].T + weights[f"head.{j}.bias"][k]
            f = selu(f) if j < len(net["head_widths"]) else f
        out[row : row + size] = f
        row += size
    return q + out if net["displacement"] else out


def decode(data, index):
    """Cloud `index` of the file's bytes: (M, 3), input units, in the dtype that the header names."""
    header, sections = read_file(data)
    net, N, M = header["network"], header["clouds"], header["points"]
    coding, payload = sections[b"WGTS"]
    weights = read_all(Cursor(payload, "weights"), coding, tensor_shapes(net))
    coding, payload = sections[b"INPT"]
    q = read_all(Cursor(payload, "input cloud"), coding, {"q": (3, M)})["q"].T
    latents = read_latents(sections[b"LATS"], N, net["latent_size"])
    read_names(sections[b"NAME"], N, M)
    points = fold(net, weights, q, latents[index])
    return (points * header["scale"] + np.array(header["offset"])).astype(header["dtype"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python decode_qaad.py FILE INDEX > points.txt")
    try:
        with open(sys.argv[1], "rb") as stream:
            np.savetxt(sys.stdout, decode(stream.read(), int(sys.argv[2])), fmt="%.17g")
    except (BadFile, OSError, IndexError) as error:
        sys.exit(f"decode_qaad: {error}")
