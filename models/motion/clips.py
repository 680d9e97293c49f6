# SPDX-License-Identifier: MIT
"""Generated clips of camera motion: a virtual camera moves over pictures, objects move before it.

A clip is u8 [17, 56, 56, 3]: 17 frames at 10 a second, as motion.graph reads them from a file. The
picture is a plane that is mirrored at its borders, so every path of the camera is possible.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

CLASSES = ["still", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out",
           "roll clockwise", "roll counter-clockwise", "shake", "cut"]
STILL, LEFT, RIGHT, UP, DOWN, IN, OUT, CLOCKWISE, COUNTER, SHAKE, CUT = range(len(CLASSES))

FRAMES, RATE, SIZE = 17, 10.0, 56
RENDER = 2 * SIZE       # drawn at twice the size, then reduced as the graph's recipe does
DURATION = (FRAMES - 1) / RATE
PICTURE = 384           # side of a procedural picture
PER_CLIP_OBJECTS = 2
NATIVE_RATES = [10, 12, 12.5, 15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60]


def log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


# ---- pictures ----

def fractal(rng, size):
    """Noise with a spectrum of 1/f^b, mean 0 and deviation 1, 3 channels that partly agree."""
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    f[0, 0] = 1
    amplitude = f ** -rng.uniform(0.5, 1.5)
    amplitude[0, 0] = 0
    phase = rng.normal(size=(4, *f.shape)) + 1j * rng.normal(size=(4, *f.shape))
    noise = np.fft.irfft2(phase * amplitude, s=(size, size))
    noise /= noise.std(axis=(1, 2), keepdims=True)
    color = rng.uniform(0, 0.8)
    return (1 - color) * noise[:1] + color * noise[1:]


def random_color(rng):
    """Mostly as dull as the world is."""
    color = rng.uniform(0, 255, (3, 1, 1))
    return color + (color.mean() - color) * rng.choice([0, rng.uniform(0.5, 1)])


def draw_shape(rng, image, scale):
    """One ellipse, box or bar, flat or with stripes, somewhere on the picture."""
    size = image.shape[1]
    rx, ry = scale * size * rng.uniform(0.3, 1, 2)
    if rng.random() < 0.25:
        rx *= 0.15
    cx, cy = rng.uniform(0, size, 2)
    reach = int(math.hypot(rx, ry)) + 1
    x0, x1 = max(0, int(cx) - reach), min(size, int(cx) + reach)
    y0, y1 = max(0, int(cy) - reach), min(size, int(cy) + reach)
    if x0 >= x1 or y0 >= y1:
        return
    y, x = np.mgrid[y0:y1, x0:x1]
    a = rng.choice([0, rng.uniform(0, math.pi)])
    u = ((x - cx) * math.cos(a) + (y - cy) * math.sin(a)) / rx
    v = ((y - cy) * math.cos(a) - (x - cx) * math.sin(a)) / ry
    inside = u * u + v * v < 1 if rng.random() < 0.4 else np.maximum(abs(u), abs(v)) < 1
    color = np.broadcast_to(random_color(rng), (3, *u.shape))
    if rng.random() < 0.25:
        stripes = np.sin(u * rng.uniform(3, 25) + 3 * rng.random()) > 0
        color = np.where(stripes, color, random_color(rng))
    elif rng.random() < 0.4:
        color = color * (1 + 0.5 * u * rng.uniform(-1, 1))
    image[:, y0:y1, x0:x1] = np.where(inside, color, image[:, y0:y1, x0:x1])


def picture(rng, size=PICTURE):
    """u8 [3, size, size]: a shaded ground, shapes on it from large to small, noise over all."""
    ramp = np.linspace(-1, 1, size)
    ground = random_color(rng) * 0.8 + 25 + rng.uniform(-50, 50) * ramp[None, :, None] \
        + rng.uniform(-50, 50) * ramp[None, None, :]
    image = ground + np.zeros((3, size, size))
    if rng.random() < 0.5:
        image += rng.uniform(10, 70) * fractal(rng, size)
    count = int(log_uniform(rng, 6, 90)) if rng.random() < 0.85 else 0
    for i in range(count):
        draw_shape(rng, image, 0.3 * (1 - i / count) ** 1.5 * rng.uniform(0.3, 1) + 0.01)
    low, high = (1.5, 25) if count else (20, 60)
    image += log_uniform(rng, low, high) * fractal(rng, size)
    return np.clip(image, 0, 255).astype(np.uint8)


def pictures(count, seed):
    """u8 [count, 3, PICTURE, PICTURE]"""
    rngs = np.random.SeedSequence(seed).spawn(count)
    return torch.from_numpy(np.stack([picture(np.random.default_rng(s)) for s in rngs]))


# ---- the camera ----

def frame_times(rng):
    """When the frames of a window were taken: the last frame of the file at each tenth second."""
    rate = rng.choice(NATIVE_RATES) if rng.random() < 0.9 else rng.uniform(10, 60)
    phase = rng.uniform(0, 1 / rate)
    return np.floor((np.arange(FRAMES) / RATE + phase) * rate + 1e-6) / rate


def progress(rng, t):
    """How far a movement of mean speed 1 has come: uneven, at times beginning or ending within."""
    fine = np.linspace(0, DURATION + 0.2, 256)
    speed = 1 + rng.uniform(0, 0.7) * np.cos(fine * rng.uniform(0.5, 2.5) + rng.uniform(0, 7))
    if rng.random() < 0.2:
        start = rng.uniform(0, 0.35) * DURATION
        speed *= (fine > start) if rng.random() < 0.5 else (fine < DURATION - start)
    way = np.cumsum(speed)
    return np.interp(t, fine, way / way[int(255 * DURATION / (DURATION + 0.2))]) * DURATION


def jitter(rng, t, rms):
    """A trembling hand: sines of 1.5 to 9 Hz, of mean 0 over a long time."""
    f, phase = rng.uniform(1.5, 9, 5), rng.uniform(0, 2 * math.pi, 5)
    weight = rng.uniform(0.3, 1, 5) / f ** rng.uniform(0, 1)
    weight *= rms * math.sqrt(2) / np.linalg.norm(weight)
    return (weight * np.sin(2 * math.pi * f * t[:, None] + phase)).sum(1)


def camera(rng, kind, t):
    """[4, frames]: x and y in frame widths and heights, log of the magnification, roll in radians.

    Positive is right, down, in, clockwise: all of the camera, not of what is seen. Other movements
    than the named one are there, but small beside it.
    """
    path = np.zeros((4, len(t)))
    shake = 0.0
    if kind in (LEFT, RIGHT, UP, DOWN):
        axis, v = int(kind in (UP, DOWN)), log_uniform(rng, 0.06, 1.0)
        path[axis] = v * progress(rng, t) * (1 if kind in (RIGHT, DOWN) else -1)
        path[1 - axis] = rng.uniform(-0.25, 0.25) * v * t
        path[2] = rng.uniform(-0.12, 0.12) * v * t
        path[3] = rng.uniform(-0.12, 0.12) * v * t
        shake = min(0.05 * v, 0.015)
    elif kind in (IN, OUT):
        v = log_uniform(rng, 0.08, 0.9)
        path[2] = v * progress(rng, t) * (1 if kind == IN else -1)
        path[:2] = rng.uniform(-0.12, 0.12, (2, 1)) * v * t
        path[3] = rng.uniform(-0.1, 0.1) * v * t
        shake = min(0.03 * v, 0.01)
    elif kind in (CLOCKWISE, COUNTER):
        v = log_uniform(rng, 0.12, 1.5)
        path[3] = v * progress(rng, t) * (1 if kind == CLOCKWISE else -1)
        path[:2] = rng.uniform(-0.1, 0.1, (2, 1)) * v * t
        path[2] = rng.uniform(-0.1, 0.1) * v * t
        shake = min(0.03 * v, 0.01)
    elif kind == SHAKE:
        amount = log_uniform(rng, 0.012, 0.05)
        for axis in range(2):
            path[axis] = jitter(rng, t, amount * rng.uniform(0.4, 1))
        path[rng.integers(2)] += jitter(rng, t, amount * 0.5)
        path[3] = jitter(rng, t, amount * rng.uniform(0, 0.7))
    elif rng.random() < 0.5:
        shake = 0.001
    if shake and rng.random() < 0.6:
        for axis in range(2):
            path[axis] += jitter(rng, t, shake * rng.random())
    return path


def view_grid(rng, path, upright):
    """float [frames, RENDER, RENDER, 2]: the place on the picture, -1 to 1, that a pixel sees."""
    aspect = rng.choice([4 / 3, 16 / 9, 1, 9 / 16, log_uniform(rng, 0.55, 2.4)])
    half = rng.uniform(0.4, 0.7) if upright else rng.uniform(0.25, 0.55)
    hx, hy = half * math.sqrt(aspect), half / math.sqrt(aspect)
    turn = 0.0 if upright else rng.normal() * 0.15
    if not upright and rng.random() < 0.2:
        turn = rng.uniform(-math.pi, math.pi)
    x, y, z, roll = (torch.from_numpy(p).float()[:, None, None] for p in path)
    u = ((torch.arange(RENDER) + 0.5) / RENDER * 2 - 1)
    px, py = hx * torch.exp(-z) * u[None, None, :], hy * torch.exp(-z) * u[None, :, None]
    qx = 2 * hx * x + torch.cos(roll) * px - torch.sin(roll) * py
    qy = 2 * hy * y + torch.sin(roll) * px + torch.cos(roll) * py
    cx, cy = rng.uniform(-0.3, 0.3, 2)
    return torch.stack([cx + math.cos(turn) * qx - math.sin(turn) * qy,
                        cy + math.sin(turn) * qx + math.cos(turn) * qy], -1)


def sample(image, grid):
    """What the camera sees: image [3, H, W] or [frames, 3, H, W], the latter a moving picture.

    A picture is 2 high, from -1 to 1, and as wide as it must be then.
    """
    grid = grid / torch.tensor([image.shape[-1] / image.shape[-2], 1])
    if image.dim() == 4:
        return F.grid_sample(image.float(), grid, padding_mode="reflection", align_corners=False)
    seen = F.grid_sample(image[None].float(), grid.flatten(0, 1)[None],
                         padding_mode="reflection", align_corners=False)
    return seen[0].unflatten(1, (len(grid), RENDER)).transpose(0, 1)


# ---- what is in front of the camera, and what it does to the picture ----

def add_object(rng, frames, image, t):
    """Something with the texture of another picture that moves through the view on its own."""
    size = log_uniform(rng, 0.08, 0.38) * np.array([1, log_uniform(rng, 0.5, 2)])
    start, v = rng.uniform(-0.8, 0.8, 2), rng.normal(size=2) * log_uniform(rng, 0.05, 1.2)
    x = torch.from_numpy(start[0] + v[0] * t + jitter(rng, t, rng.choice([0, 0.06]))).float()
    y = torch.from_numpy(start[1] + v[1] * t + jitter(rng, t, rng.choice([0, 0.06]))).float()
    u = (torch.arange(RENDER) + 0.5) / RENDER * 2 - 1
    px = ((u[None, None, :] - x[:, None, None]) / size[0]).float()
    py = ((u[None, :, None] - y[:, None, None]) / size[1]).float()
    px, py = torch.broadcast_tensors(px, py)
    edge = (px ** 2 + py ** 2).sqrt() if rng.random() < 0.6 else torch.maximum(px.abs(), py.abs())
    mask = ((1 - edge) * rng.uniform(4, 30) + 0.5).clamp(0, 1)[:, None]
    zoom = log_uniform(rng, 0.1, 0.4)
    at = torch.from_numpy(rng.uniform(-0.5, 0.5, 2)).float()
    return frames + mask * (sample(image, torch.stack([px, py], -1) * zoom + at) - frames)


def add_light(rng, frames, t):
    """Exposure that drifts, flickers or flashes, contrast and gamma."""
    gain = np.ones(len(t))
    if rng.random() < 0.3:
        gain += rng.uniform(-0.2, 0.2) * t
    if rng.random() < 0.25:
        gain += rng.uniform(0, 0.08) * np.sin(t * rng.uniform(5, 60) + rng.uniform(0, 7))
    if rng.random() < 0.06:
        at = rng.integers(len(t) - 1)
        gain[at:at + rng.integers(1, 3)] *= rng.uniform(1.2, 1.8)
    contrast, offset = rng.uniform(0.55, 1.15), rng.uniform(-25, 35)
    frames = (frames - 128) * contrast + 128 + offset
    return frames * torch.from_numpy(gain).float()[:, None, None, None]


def dct_matrix():
    k, n = np.mgrid[0:8, 0:8]
    m = np.cos((2 * n + 1) * k * math.pi / 16) / 2
    m[0] /= math.sqrt(2)
    return torch.from_numpy(m).float()


DCT = dct_matrix()


def compress(rng, frames):
    """Blocks of 8x8 with coarse coefficients; blocks that hardly changed repeat the last frame."""
    n, c, h, w = frames.shape
    blocks = frames.reshape(n, c, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5)
    k = torch.arange(8).float()
    step = log_uniform(rng, 3, 30) * (0.5 + 0.25 * (k[:, None] + k[None, :]))
    blocks = DCT.T @ (torch.round(DCT @ blocks @ DCT.T / step) * step) @ DCT
    skip = log_uniform(rng, 0.3, 2.5)
    if rng.random() < 0.7:
        blocks = blocks.clone()
        for i in range(1, n):
            change = (blocks[i] - blocks[i - 1]).abs().mean((0, 3, 4), keepdim=True)
            blocks[i] = torch.where(change < skip, blocks[i - 1], blocks[i])
    return blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)


def add_overlay(rng, frames):
    """Black bars, or a sign that stands still."""
    frames = frames.clone()
    if rng.random() < 0.5:
        bar = rng.integers(4, RENDER // 5)
        level = rng.uniform(0, 20)
        if rng.random() < 0.6:
            frames[:, :, :bar], frames[:, :, -bar:] = level, level
        else:
            frames[:, :, :, :bar], frames[:, :, :, -bar:] = level, level
    else:
        h, w = rng.integers(5, 22), rng.integers(8, 50)
        y, x = rng.integers(RENDER - h), rng.integers(RENDER - w)
        mark = torch.from_numpy(rng.uniform(0, 255, (3, h // 2 + 1, w // 3 + 1))).float()[None]
        frames[:, :, y:y + h, x:x + w] = F.interpolate(mark, size=(int(h), int(w)))
    return frames


def resize(frames, size):
    return F.interpolate(frames, size=(size, size), mode="bilinear", antialias=True)


def degrade(rng, frames, t):
    """What a camera and a file do: RENDER to SIZE."""
    if rng.random() < 0.4:  # out of focus, or once stored at a small size
        frames = resize(resize(frames, int(rng.uniform(0.25, 0.9) * RENDER)), RENDER)
    frames = add_light(rng, frames, t)
    if rng.random() < 0.3:
        frames = compress(rng, frames)
    if rng.random() < 0.12:
        frames = add_overlay(rng, frames)
    frames = resize(frames.clamp(0, 255), SIZE)
    if rng.random() < 0.6:
        grain = rng.choice([1, 1, 2])
        shape = (len(frames), rng.choice([1, 3]), SIZE // grain, SIZE // grain)
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        frames = frames + log_uniform(rng, 0.3, 5) * F.interpolate(noise, size=(SIZE, SIZE))
    return frames


# ---- clips ----

def clip(rng, kind, pool, upright=False, plain=False):
    """(u8 [FRAMES, SIZE, SIZE, 3], first frame after the cut or 0).

    pool(rng) gives a picture, as sample() wants it. upright: the camera begins level and sees much
    of the picture. plain: pictures of real cameras get no objects and noise beside their own.
    """
    t = frame_times(rng)
    scene, at = pool(rng), 0
    if kind == CUT:
        at = int(rng.integers(1, FRAMES))
        kinds = rng.integers(CUT, size=2)
        other = pool(rng)
        parts = [sample(s, view_grid(rng, camera(rng, k, t), upright))
                 for s, k in zip((scene, other), kinds)]
        frames = torch.cat([parts[0][:at], parts[1][at:]])
    else:
        frames = sample(scene, view_grid(rng, camera(rng, kind, t), upright))
    if not plain and rng.random() < 0.5:
        for _ in range(rng.integers(1, PER_CLIP_OBJECTS + 1)):
            image = pool(rng)
            frames = add_object(rng, frames, image[0] if image.dim() == 4 else image, t)
    frames = resize(frames, SIZE) if plain else degrade(rng, frames, t)
    return frames.round().clamp(0, 255).byte().permute(0, 2, 3, 1), at


def generate(count, seed, pool, first=0, last=None, **options):
    """Clips first to last of count: (u8 [n, FRAMES, SIZE, SIZE, 3], classes [n], cuts [n]).

    The classes take turns. A clip depends on its number and the seed alone.
    """
    seeds = np.random.SeedSequence(seed).spawn(count)[first:last]
    clips = torch.empty(len(seeds), FRAMES, SIZE, SIZE, 3, dtype=torch.uint8)
    kinds = (torch.arange(len(seeds)) + first) % len(CLASSES)
    cuts = torch.zeros(len(seeds), dtype=torch.long)
    for i, s in enumerate(seeds):
        clips[i], cuts[i] = clip(np.random.default_rng(s), int(kinds[i]), pool, **options)
    return clips, kinds, cuts


def pool_of(images):
    return lambda rng: images[rng.integers(len(images))]


# ---- what else a clip can be turned into ----

# The class of a clip that is mirrored, turned over, transposed, or runs backwards.
MIRRORED, FLIPPED, TRANSPOSED, REVERSED = (list(range(len(CLASSES))) for _ in range(4))
for table, pairs in ((MIRRORED, [(LEFT, RIGHT), (CLOCKWISE, COUNTER)]),
                     (FLIPPED, [(UP, DOWN), (CLOCKWISE, COUNTER)]),
                     (TRANSPOSED, [(LEFT, UP), (RIGHT, DOWN), (CLOCKWISE, COUNTER)]),
                     (REVERSED, [(LEFT, RIGHT), (UP, DOWN), (IN, OUT), (CLOCKWISE, COUNTER)])):
    for a, b in pairs:
        table[a], table[b] = b, a


def add_person(rng, frames, inside):
    """Another clip shows through a body with a head and two arms that sway before the camera."""
    t = np.arange(FRAMES) / RATE
    width, height = log_uniform(rng, 0.15, 0.42), log_uniform(rng, 0.25, 0.7)
    sway = rng.choice([0, rng.uniform(0, 0.1)])
    x = rng.uniform(-0.6, 0.6) + sway * np.sin(t * rng.uniform(1, 9) + rng.uniform(0, 7))
    y = rng.uniform(0, 1) + 0.5 * sway * np.sin(t * rng.uniform(1, 9) + rng.uniform(0, 7))
    parts = [(x, y, width, height), (x, y - 1.2 * height, 0.5 * width, 0.35 * height)]
    for side in (-1, 1):
        swing = rng.uniform(0, 0.5) * np.sin(t * rng.uniform(2, 14) + rng.uniform(0, 7))
        parts.append((x + side * width * (1 + 0.6 * swing), y - height * (0.2 + swing),
                      0.4 * width, 0.4 * height))
    u = (torch.arange(SIZE) + 0.5) / SIZE * 2 - 1
    mask = torch.zeros(FRAMES, SIZE, SIZE, dtype=torch.bool)
    for px, py, rx, ry in parts:
        dx = (u[None, None, :] - torch.from_numpy(px).float()[:, None, None]) / rx
        dy = (u[None, :, None] - torch.from_numpy(py).float()[:, None, None]) / ry
        mask |= dx * dx + dy * dy < 1
    return torch.where(mask[..., None], inside, frames)


def add_people(rng, data, share):
    """The clips with a person before a share of them; it is filled with any clip but a cut."""
    frames, kinds, cuts = data
    fillings = (kinds != CUT).nonzero()[:, 0].numpy()
    frames = frames.clone()
    for i in range(len(frames)):
        if rng.random() < share:
            frames[i] = add_person(rng, frames[i], data[0][rng.choice(fillings)])
    return frames, kinds, cuts


def augment(rng, frames, kind, cut):
    """The same clip seen otherwise: (frames, kind)."""
    if rng.random() < 0.5:
        frames, kind = frames.flip(2), MIRRORED[kind]
    if rng.random() < 0.5:
        frames, kind = frames.flip(1), FLIPPED[kind]
    if rng.random() < 0.5:
        frames, kind = frames.transpose(1, 2), TRANSPOSED[kind]
    if rng.random() < 0.5:
        frames, kind, cut = frames.flip(0), REVERSED[kind], FRAMES - cut
    if rng.random() < 0.5:
        frames = frames[..., torch.from_numpy(rng.permutation(3))]
    if rng.random() < 0.25:  # the last window of a file repeats the last frame
        end = int(rng.integers(FRAMES // 2 + 1, FRAMES))
        if kind != CUT or cut < end:
            frames = torch.cat([frames[:end], frames[end - 1:end].expand(FRAMES - end, -1, -1, -1)])
    return frames, kind
