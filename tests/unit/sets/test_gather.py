"""Gathering: what the store holds of every cloud."""

from __future__ import annotations

import numpy as np
import torch

from qaadcodec.clouds import find_clouds
from qaadcodec.model.across import unpacked
from qaadcodec.progress import Run
from qaadcodec.sets.gather import gather
from qaadcodec.sets.survey import survey

RNG = np.random.default_rng(0)
SPHERES = RNG.standard_normal((3, 500, 3))
SPHERES = (SPHERES / np.linalg.norm(SPHERES, axis=2, keepdims=True)).astype(np.float32)


def test_normals_are_those_of_the_surface_and_only_where_they_are_wanted() -> None:
    found = survey(find_clouds(SPHERES), Run(), skip_bad=False)
    with gather(found, 500, Run(), normals=True) as gathered, gather(found, 500, Run()) as plain:
        assert gathered.variance == plain.variance
        for i in range(3):
            points = torch.from_numpy(gathered.store.points[i].copy())
            np.testing.assert_array_equal(gathered.store.learnt(i), plain.store.points[i])
            away = points[:, :3] - torch.from_numpy(-gathered.normalisation.offset / gathered.normalisation.scale)
            cosine = torch.nn.functional.cosine_similarity(unpacked(points[:, 3]), away.float(), dim=-1).abs()
            assert float(cosine.quantile(0.05)) > 0.97
