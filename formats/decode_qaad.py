"""A second decoder of .qaad files, written from qaad-1.md alone. It is kept for clarity, not for speed.

    python formats/decode_qaad.py FILE INDEX > points.txt

It needs numpy, and shares no code with qaadcodec. It is one file, so that it can be taken along and read from top to
bottom. It computes the network in float64: every other decoder has to come close to its points (qaad-1.md,
"Tolerance").
"""

import functools
import itertools
import json
import math
import struct
import sys
import zlib
from bisect import bisect_right

import numpy as np


class BadFile(Exception):
    """The file is not a whole, undamaged archive that this decoder knows."""


def check(good, message):
    """Refuse the file, with this message, unless all is good."""
    if not good:
        raise BadFile(message)


class Cursor:
    """Takes bytes from the front of a part of the file, never more than there are; `what` names it in messages."""

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


def is_whole(value, low, high):
    return type(value) is int and low <= value <= high  # neither 1.0 nor true


def is_number(value):
    return type(value) in (int, float)


def is_list(value, low, high, good):
    return type(value) is list and low <= len(value) <= high and all(map(good, value))


def is_point(value):
    return is_list(value, 3, 3, is_number)


def is_width(value):
    return is_whole(value, 1, 8192)


HEADER = {
    "clouds": lambda value: is_whole(value, 1, 2**24),
    "points": lambda value: is_whole(value, 1, 2**24),
    "dtype": lambda value: value in ("float32", "float64"),
    "offset": is_point,
    "scale": lambda value: is_number(value) and value > 0,
    "bounds": lambda value: is_list(value, 2, 2, is_point) and all(a <= b for a, b in zip(*value, strict=True)),
    "network": lambda value: type(value) is dict,
}
NETWORK = {
    "latent_size": lambda value: is_whole(value, 1, 4096),
    "patches": lambda value: is_whole(value, 1, 65536),
    "shared_widths": lambda value: is_list(value, 1, 16, is_width),
    "head_widths": lambda value: is_list(value, 0, 16, is_width),
    "fourier_octaves": lambda value: is_whole(value, 0, 16),
    "film": lambda value: type(value) is bool,
    "displacement": lambda value: type(value) is bool,
}


CODINGS = {
    b"WGTS": (0, 1, 2, 4),
    b"INPT": (0, 1, 2, 5),
    b"LATS": (0, 1, 2, 4),
    b"POSE": (6,),
    b"NAME": (3,),
}


def check_values(values, rules):
    for key, rule in rules.items():
        check(key in values and rule(values[key]), f"header: {key} is missing, or not what it may be")


def read_header(text):
    """The header from its bytes."""
    try:
        deepest = depth = 0
        in_string = escaped = False
        text = text.decode()  # json alone would take UTF-16, too
        for c in text:
            in_string = in_string if escaped or c != '"' else not in_string
            escaped = in_string and c == "\\" and not escaped
            depth += 0 if in_string else (c in "[{") - (c in "]}")
            deepest = max(deepest, depth)
        check(deepest <= 4, "header: nested too deep")
        hooks = {"parse_int": whole, "parse_float": finite, "parse_constant": finite}
        header = json.loads(text, object_pairs_hook=no_duplicates, **hooks)
    except ValueError as error:
        raise BadFile(f"header: {error}") from error
    check(type(header) is dict, "header: not an object")
    check_values(header, HEADER)
    check_values(header["network"], NETWORK)
    check(set(header["network"]) == set(NETWORK), "header: unknown settings of the network")
    check(header["network"]["patches"] <= header["points"], "header: more patches than points")
    return header


def read_file(data):
    """Header and sections {tag: (coding, payload)} of a file. Every checksum outside the latents' blocks is checked."""
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
        known = CODINGS.get(tag)
        check(known is not None or tag[:1].islower(), f"section {tag}: critical and unknown")
        check(known is None or coding in known, f"section {tag}: coding {coding}")
        sections[tag] = coding, payload
    check({b"WGTS", b"INPT", b"LATS", b"NAME"} <= set(sections), "a section is missing")
    check(file.unpack("Q4s") == (len(data), b"QEND") and file.at == len(data), "trailer")
    check_caps(header, sections, len(data))
    return header, sections


def check_caps(header, sections, size):
    """A file may ask for as much as its size justifies."""
    net, N, M = header["network"], header["clouds"], header["points"]
    shapes = tensor_shapes(net)
    weights = sum(math.prod(shape) for shape in shapes.values())
    layers = [shape[-2:] for name, shape in shapes.items() if name.endswith("weight")]
    steps = M * sum(out * (width + 32) for out, width in layers)
    check(2**16 + size >= N, f"{N} clouds in {size} bytes")
    check(steps <= 2**33 + 2**20 * size, f"{steps} steps to decode a cloud, in {size} bytes")
    for tag, coding, count in ((b"WGTS", 4, weights), (b"INPT", 5, M), (b"LATS", 4, N * net["latent_size"])):
        check(
            sections[tag][0] != coding or count <= 2**18 + 64 * size, f"section {tag}: {count} numbers in {size} bytes"
        )


def read_array(cursor, coding, shape):
    """One array of numbers in coding 0, 1 or 2. It is float64, in which every value of every coding is exact."""
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
    """Arrays by name, which fill the section or the block."""
    arrays = {name: read_array(cursor, coding, shape) for name, shape in shapes.items()}
    check(cursor.at == len(cursor.data), f"{cursor.what}: bytes left over")
    return arrays


def read_grid(cursor):
    """The spacing of a grid."""
    m, e = cursor.unpack("Bb")
    check(m >= 128 and -100 <= e <= 100, f"{cursor.what}: grid")
    return m * 2.0**e


@functools.cache
def table(t):
    """T; and where the quantiles of each number from -T to T begin, and 2^24."""
    c, j, s = 1 + t // 512, t // 64 % 8, t % 64
    u = (16, 19, 23, 27)[s % 4] << s // 4
    largest = min(256 + u // 4, 32767)
    half = []
    for k in range(largest + 1):
        y = 2**24 * u**c // (u**c + k**c * 2 ** (4 + 4 * c - j))
        for _ in range(j):
            y = y * y // 2**24
        half.append(y)
    sums = [0, *itertools.accumulate([*half[:0:-1], *half])]
    return largest, [x * (2**24 - 2 * largest - 1) // sums[-1] + i for i, x in enumerate(sums)]


class Stream:
    """An asymmetric numeral system. Words are taken from the back."""

    def __init__(self, data, what):
        check(data and data[-1], f"{what}: a stream is empty or ends in a zero byte")
        padded = data + bytes(-len(data) % 4)
        self.what, self.words = what, list(struct.unpack(f"<{len(padded) // 4}I", padded))
        self.state = self.words.pop()
        self.state = self.state << 32 | self.words.pop() if self.words else self.state

    def symbol(self, left):
        """The next symbol: the i whose quantiles, from left[i] to left[i + 1], the state is in."""
        z = self.state % 2**24
        i = bisect_right(left, z) - 1
        self.state = (left[i + 1] - left[i]) * (self.state >> 24) + z - left[i]
        if self.state < 2**32 and self.words:
            self.state = self.state << 32 | self.words.pop()
        return i

    def read_group(self, tables):
        """A number by each of these tables, the lowest table first."""
        numbers = np.zeros(len(tables), dtype=int)
        for place in np.argsort(tables, kind="stable"):
            largest, left = table(int(tables[place]))
            numbers[place] = self.symbol(left) - largest
        return numbers

    def finish(self):
        """Check that nothing is left."""
        check(not self.words and self.state == 1, f"{self.what}: a stream does not end with its numbers")


def read_coded_weights(data, shapes):
    """Coding 4: six bytes for each tensor, then one stream."""
    cursor = Cursor(data, "weights")
    count = sum(int(np.prod(shape, dtype=object)) for shape in shapes.values())
    check(count <= 2**24, f"weights: {count} are too many")
    sides = []
    for shape in shapes.values():
        grid, *side = read_grid(cursor), *cursor.unpack("4B")
        check(side[0] < 16 and max(side[1:]) < 64, "weights: family or scale")
        sides.append((grid, *side, int(np.prod(shape[:-1])), shape[-1]))
    stream = Stream(data[cursor.at :], "weights")
    lines = [(scale, n) for *_, rho, kappa, rows, cols in sides for scale, n in ((rho, rows), (kappa, cols))]
    coded = stream.read_group(np.concatenate([np.full(n if scale else 0, 64 * 11 + scale) for scale, n in lines]))
    offsets, at = [], 0
    for scale, n in lines:
        offsets.append(coded[at : at + n] if scale else np.zeros(n, dtype=int))
        at += n if scale else 0
    tables = [
        64 * family + np.clip(base + rows[:, None] + cols, 0, 63)
        for (_, family, base, *_), rows, cols in zip(sides, offsets[::2], offsets[1::2], strict=True)
    ]
    numbers, at = stream.read_group(np.concatenate([t.ravel() for t in tables])), 0
    stream.finish()
    weights = {}
    for (name, shape), (grid, *_), t in zip(shapes.items(), sides, tables, strict=True):
        weights[name] = (numbers[at : at + t.size] * grid).reshape(shape)
        at += t.size
    return weights


def read_points(cursor, sizes):
    """Coding 5: whole coordinates (M, 3), patch by patch, of patches of these sizes. Takes all that is left."""
    bits, origin = cursor.unpack("3B"), cursor.unpack("3i")
    weights = [cursor.unpack("4b") for _ in range(3)]
    check(max(bits) <= 20, f"{cursor.what}: {max(bits)} bits an axis")
    stream = Stream(cursor.take(len(cursor.data) - cursor.at), cursor.what)

    rows = {(n, c): first_row(n, c) for n in range(1, 17) for c in range(24)}
    nodes = [((0, 0, 0), k, int(size)) for k, size in enumerate(sizes)]  # cell, patch, points
    depth = None
    for bit in reversed(range(max(bits))):
        cells = {cell for cell, _, _ in nodes}
        depth = 0 if depth is None or 3 * len(cells) <= 2 * sum(sizes) else min(depth + 1, 5)
        shapes, widths = look_around(nodes, depth), [8, 8, 8]
        for axis in range(3):
            counts = [n for _, _, n in nodes]
            if bit < bits[axis]:
                steepness = [
                    slope_of(n, [x for shape in pair for x in slopes(shape, widths, axis, depth)], weights)
                    for n, pair in zip(counts, shapes, strict=True)
                ]
                lows = read_halving(stream, rows, counts, steepness)
            else:
                lows = counts  # this axis has no such bit: all points are in the lower halves
            nodes, shapes = halve(nodes, shapes, lows, axis)
            widths[axis] = 4
    stream.finish()
    points = [[x + o for x, o in zip(cell, origin, strict=True)] for cell, _, n in nodes for _ in range(n)]
    check(max(map(max, points)) < 1 << 31, f"{cursor.what}: a coordinate beyond 32 bits")
    return np.array(points)


def read_halving(stream, rows, counts, steepness):
    """How many points of each node are in its lower half, given how many it has and the slope across it."""
    keys = [(min(n, 16), min(abs(slope) >> 6, 23)) for n, slope in zip(counts, steepness, strict=True)]
    symbols = [0] * len(counts)
    for least, most, size in ((1, 1, 2), (2, 3, 4), (4, 1 << 24, 16)):
        for node, n in enumerate(counts):
            if least <= n <= most:
                symbols[node] = stream.symbol(edges_of(rows[keys[node]][:size]))
    lows = []
    for n, slope, symbol in zip(counts, steepness, symbols, strict=True):
        number = symbol if n < 16 else read_rest(stream, n, symbol)
        check(number <= n, f"{stream.what}: more points in half a cell than in the cell")
        lows.append(n - number if slope < 0 else number)
    for key, symbol in zip(keys, symbols, strict=True):  # the tables learn only now
        rows[key][symbol] += 8
    return lows


def read_rest(stream, n, symbol):
    """The number that a symbol and what follows it stand for, in a node of n >= 16 points."""
    start, end = (max(1 - (1 - s) * (n - 1) // 14, 0) for s in (symbol, symbol + 1))
    width = end - start
    if not 1 <= symbol <= 14 or width == 1:
        return start
    part = (1 << 24) // width
    return start + stream.symbol([*range(0, part * width, part), 1 << 24])


def halve(nodes, shapes, lows, axis):
    """The halves of all nodes that have points, and their shapes: the points around stay, only the node moves."""
    halves, half_shapes = [], []
    for (cell, patch, n), pair, low in zip(nodes, shapes, lows, strict=True):
        for upper, points in ((0, low), (1, n - low)):
            if points:
                half = tuple(2 * x + upper if i == axis else x for i, x in enumerate(cell))
                halves.append((half, patch, points))
                moved = 64 * upper - 32
                half_shapes.append(
                    [(weight, [m - moved * (i == axis) for i, m in enumerate(mean)], a) for weight, mean, a in pair]
                )
    return halves, half_shapes


def first_row(n, c):
    """The row of nodes of n points and slopes of class c, before anything was read by it."""
    chances = [136, 152, 167, 181, 193, 204, 214, 222, 229, 234, 239, 242]
    chances += [245, 248, 249, 251, 252, 253, 254, 254, 254, 255, 255, 255]
    upper, lower = chances[c], 256 - chances[c]
    m, spread = min(n, 15), 6 * n if n < 16 else 192
    weights = [
        math.comb(m, k)
        * math.prod(lower + spread * i for i in range(k))
        * math.prod(upper + spread * i for i in range(m - k))
        for k in range(m + 1)
    ]
    return [1 + 1024 * weight // sum(weights) for weight in weights] + [0] * (15 - m)


def edges_of(row):
    """Where the quantiles of each symbol of a row begin, and 2^24."""
    shares = [(count << 24) // sum(row) for count in row]
    shares[0] += (1 << 24) - sum(shares)
    size = len(row)
    return [(sum(shares[:s]) * ((1 << 24) - size) >> 24) + s for s in range(size)] + [1 << 24]


PAIRS = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]


def look_around(nodes, depth):
    """For each node two shapes: of the points of all patches around it, and of those of its patch."""
    sums = {}  # of moments, by place and patch; None stands for all patches
    moments = []
    for cell, patch, n in nodes:
        r = [8 * x + 4 for x in cell]
        moments.append(np.array([n, *(n * x for x in r), *(n * r[i] * r[j] for i, j in PAIRS)], dtype=object))
        for owner in (None, patch):
            place = *(x >> depth for x in cell), owner
            sums[place] = sums.get(place, 0) + moments[-1]
    found = []
    for (cell, patch, _), own in zip(nodes, moments, strict=True):
        x, y, z = (x >> depth for x in cell)
        shapes = []
        for owner in (None, patch):
            total = -8 * own
            for i, j, k in itertools.product((-1, 0, 1), repeat=3):
                total = total + (8 >> abs(i) + abs(j) + abs(k)) * sums.get((x + i, y + j, z + k, owner), 0)
            shapes.append(shape_of(total, [8 * x + 4 for x in cell]))
        found.append(shapes)
    return found


def shape_of(total, r):
    """Weight, mean and covariance of points with these moments, relative to r."""
    n, first, second = int(total[0]), total[1:4], total[4:]
    some = max(n, 1)
    s = [first[i] - n * r[i] for i in range(3)]
    mean = [16 * s[i] // some for i in range(3)]
    a = {}
    for (i, j), p in zip(PAIRS, second, strict=True):
        q = p - r[i] * first[j] - r[j] * s[i]
        a[i, j] = a[j, i] = 3 * q // some - (3 * mean[i] * mean[j] >> 8)
    return n, mean, a


def slopes(shape, widths, axis, depth):
    """g and e of one shape, before the axis is halved."""
    n, mean, a = shape
    b = {(i, j): a[i, j] + (widths[i] ** 2 // 4 if i == j else 0) for i, j in a}
    i, j = (axis + 1) % 3, (axis + 2) % 3
    row = {
        axis: b[i, i] * b[j, j] - b[i, j] ** 2,
        i: b[axis, j] * b[i, j] - b[axis, i] * b[j, j],
        j: b[axis, i] * b[i, j] - b[axis, j] * b[i, i],
    }
    determinant = max(sum(row[k] * b[axis, k] for k in row), 1)
    across = sum(row[k] * mean[k] for k in row) * 3 * widths[axis] // 2
    gauss = 16 * min(max(across // determinant, -96), 96) if n >= 24 else 0
    return gauss, mean[axis] * widths[axis] * 32 >> 6 + 2 * depth if n else 0


def slope_of(n, features, weights):
    """The one slope of a node of n points: g and e of its shapes, weighted."""
    return sum(w * f for w, f in zip(weights[(n > 1) + (n > 3)], features, strict=True)) // 32


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
    """The latent table (N, l); every block is read."""
    coding, payload = section
    cursor = Cursor(payload, "latents")
    if coding == 4:
        check(clouds * latent_size <= 2**24, "latents: too many")
        (family,) = cursor.unpack("B")
        grids = np.array([read_grid(cursor) for _ in range(latent_size)])
        scales = np.array(cursor.unpack(f"{latent_size}B"))
        centres = np.array(cursor.unpack(f"{latent_size}h"))
        check(family < 16 and (scales < 64).all(), "latents: family or scale")
    (count,) = cursor.unpack("I")
    entries = [cursor.unpack("HII") for _ in range(count)]
    check(zlib.crc32(payload[: cursor.at]) == cursor.unpack("I")[0], "latents: CRC-32 of the directory")
    check(sum(n for n, _, _ in entries) == clouds and all(n for n, _, _ in entries), "latents: number of clouds")
    table_rows = [np.empty((0, latent_size))]
    for n, length, crc in entries:
        block = Cursor(cursor.take(length), "latents: block")
        check(zlib.crc32(block.data) == crc, "latents: CRC-32 of a block")
        if coding == 4:
            stream = Stream(block.data, "latents: block")
            q = stream.read_group(np.repeat(64 * family + scales, n)).reshape(latent_size, n).T
            stream.finish()
            table_rows.append((q + centres) * grids)
            continue
        shape = (latent_size, n) if n >= 8 else (n, latent_size)
        rows = read_all(block, coding, {"rows": shape})["rows"]
        table_rows.append(rows.T if n >= 8 else rows)
    check(cursor.at == len(payload), "latents: bytes left over")
    return np.concatenate(table_rows)


def read_poses(section, clouds):
    """Scale, rotation (3, 3) and shift of each cloud."""
    cursor = Cursor(section[1], "poses")
    kind, width, exponent = cursor.unpack("BBb")
    check(1 <= kind <= 3 and 1 <= width <= 6 and abs(exponent) <= 64, "poses: kind, width or exponent")
    size = 3 * width + (0, 6, 8)[kind - 1]
    expected = 3 + clouds * size + 4 * ((clouds + 63) // 64)
    check(len(cursor.data) == expected, "poses: number of clouds")
    poses = []
    while len(poses) < clouds:
        group = Cursor(cursor.take(min(64, clouds - len(poses)) * size), "poses: group")
        check(zlib.crc32(cursor.data[:3] + group.data) == cursor.unpack("I")[0], "poses: CRC-32 of a group")
        while group.at < len(group.data):
            shift = [int.from_bytes(group.take(width), "little", signed=True) * 2.0**exponent for _ in range(3)]
            turn = group.unpack("3h") if kind > 1 else (0, 0, 0)
            (scale,) = group.unpack("h") if kind > 2 else (0,)
            check(sum(x * x for x in turn) <= 25737**2, "poses: more than half a turn")
            poses.append((2.0 ** (scale / 2048), rotation(np.array(turn) / 8192), np.array(shift)))
    return poses


def rotation(v):
    """The rotation about v by its length."""
    angle = np.linalg.norm(v)
    if angle == 0:
        return np.eye(3)
    x, y, z = v / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def read_names(section, clouds, points):
    """The name of each cloud, and the number of points that it had."""
    cursor = Cursor(section[1], "names")
    (length,) = cursor.unpack("I")
    check(length <= min(2**26, 2**22 + 256 * len(cursor.data)), "names: too long")
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
    """The network: normalised points (M, 3) from the input cloud (M, 3) and a latent (l,)."""
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
    """Cloud `index` of a file, from its bytes: (M, 3), in input units, in the dtype that the header names."""
    header, sections = read_file(data)
    net, N, M = header["network"], header["clouds"], header["points"]
    coding, payload = sections[b"WGTS"]
    if coding == 4:
        weights = read_coded_weights(payload, tensor_shapes(net))
    else:
        weights = read_all(Cursor(payload, "weights"), coding, tensor_shapes(net))
    coding, payload = sections[b"INPT"]
    if coding == 5:
        cursor, (small, rest) = Cursor(payload, "input cloud"), divmod(M, net["patches"])
        grid = read_grid(cursor)
        integers = read_points(cursor, [small + (k < rest) for k in range(net["patches"])])
        check((abs(integers) <= 2**16).all(), "input cloud: a coordinate out of range")
        q = integers * grid
    else:
        q = read_all(Cursor(payload, "input cloud"), coding, {"q": (3, M)})["q"].T
    latents = read_latents(sections[b"LATS"], N, net["latent_size"])
    read_names(sections[b"NAME"], N, M)
    points = fold(net, weights, q, latents[index])
    if b"POSE" in sections:
        scale, turned, shift = read_poses(sections[b"POSE"], N)[index]
        points = scale * points @ turned.T + shift
    return (points * header["scale"] + np.array(header["offset"])).astype(header["dtype"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python decode_qaad.py FILE INDEX > points.txt")
    try:
        with open(sys.argv[1], "rb") as stream:
            np.savetxt(sys.stdout, decode(stream.read(), int(sys.argv[2])), fmt="%.17g")
    except (BadFile, OSError, IndexError) as error:
        sys.exit(f"decode_qaad: {error}")
