"""Where learning starts: the input cloud, and latents from a PCA of what Greedy found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.assignment.patches import split_into_patches
from qaadcodec.assignment.subspaces import subspaces
from qaadcodec.config.network import POSITION
from qaadcodec.sets.store import TargetStore

SKETCH = 64  # subspaces whose means describe a cloud when the middle of the set is looked for
PCA_ROWS = 4096  # rows of the input cloud that stand for all of them in the PCA,
PCA_NUMBERS = 1 << 24  # or fewer, so that its table takes at most 64 MiB however many clouds there are


def middle_cloud(store: TargetStore) -> int:
    """Number in the set of the cloud nearest its mean, by the means of its k-d subspaces.

    The paper starts the input cloud from a random cloud of the set (section 3.3); the middle one is never an outlier.
    """
    leaf = -(-store.points.shape[1] // SKETCH)
    own = np.stack(
        [np.concatenate([cloud[rows].mean(0) for rows in subspaces(cloud, leaf)]) for cloud in positions_of(store)]
    )
    sketches = store.part.whole(own)
    return store.part.ranks.decided(lambda: int(np.square(sketches - sketches.mean(0)).sum(1).argmin()))


def positions_of(store: TargetStore) -> Iterator[Singles]:
    """The coordinates of every cloud in turn, (M, 3)."""
    return (cloud[:, :POSITION] for cloud in store.each())


def initial_input_cloud(store: TargetStore, patches: int) -> Singles:
    """Q: the middle cloud of the set, ordered patch by patch; (M, 3) float32."""
    return patch_by_patch(store, middle_cloud(store), patches)


def patch_by_patch(store: TargetStore, index: int, patches: int) -> Singles:
    """A cloud of the set, ordered patch by patch; (M, 3) float32."""
    cloud = store.part.of_cloud(index, lambda own: np.array(store.positions(own)))
    return cloud[split_into_patches(cloud, patches)]


def pca_latents(store: TargetStore, size: int, seed: int) -> Singles:
    """Latents to start from: the leading principal components of the assigned clouds, (n, l) float32, of the store's.

    The first one is scaled to a standard deviation of one. Sets of one shape vary along few directions, and a network
    that is told them from the start learns faster than from random latents.

    Args:
        size: l; components beyond the rank of the set are zero.
    """
    own, points, channels = len(store), store.points.shape[1], store.channels
    few = min(points, PCA_ROWS, max(64, PCA_NUMBERS // (channels * store.part.total)))
    rows = np.linspace(0, points, few, endpoint=False).astype(np.int64)
    table = np.empty((own, len(rows) * channels), np.float32)
    for i, cloud in enumerate(store.each()):
        table[i] = cloud[rows, :channels].ravel()
    whole = store.part.whole(table)
    return store.part.rows(store.part.ranks.decided(lambda: principal_latents(whole, size, seed)))


def principal_latents(table: Singles, size: int, seed: int) -> Singles:
    """The leading principal components of the rows of a table, (N, l) float32, the first of standard deviation one.

    Args:
        table: what is known of each cloud, (N, c); its mean is taken out in place.
        size: l; components beyond the rank of the table are zero.
    """
    clouds = len(table)
    table -= table.mean(0)
    basis = range_finder(table, min(size + 8, clouds), seed)
    left, singular, _ = np.linalg.svd(basis.T @ table, full_matrices=False)
    scores = (basis @ left)[:, :size] * singular[:size]
    # Libraries differ in the sign of a component: here its largest entry is positive.
    scores *= np.sign(scores[np.abs(scores).argmax(0), np.arange(scores.shape[1])] + 1e-30)
    latents = np.zeros((clouds, size), np.float32)
    spread = float(scores[:, 0].std())
    if spread > 0:
        latents[:, : scores.shape[1]] = scores / spread
    return latents


def range_finder(table: Singles, rank: int, seed: int) -> Singles:
    """An orthonormal basis of the leading left singular vectors, (N, rank) (Halko et al. 2011, algorithm 4.4)."""
    rng = np.random.default_rng([seed, 2])
    basis = np.linalg.qr(table @ rng.standard_normal((table.shape[1], rank), np.float32))[0]
    for _ in range(4):
        basis = np.linalg.qr(table @ (table.T @ basis))[0]
    return np.asarray(basis, np.float32)
