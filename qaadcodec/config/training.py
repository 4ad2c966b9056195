"""How a set is learnt: its assignments, and the steps of the training."""

from __future__ import annotations

from dataclasses import dataclass

from qaadcodec.config.checks import Settings, require

ROWS = ("even", "material")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentConfig(Settings):
    """How targets are assigned to the rows of the input cloud (paper section 3.4).


    Attributes:
        registration: start from smooth maps of Q onto the clouds, and let Greedy match from where they lead; if false,
            Greedy matches from Q, or from the paper's warm-up. Null: true for sets whose clouds lie far apart, and for
            material rows.
        rows: what a row of Q stands for (`--rows`): in "even" ones points lie as densely as in each cloud, which leaves
            least error (EM-kD); a "material" one is one place of the shape in all clouds, on the surface, and is not
            matched with points at all, so that pair swaps and leaf re-solving have nothing to do.
        evening: steps of the walk between neighbouring rows that a match must agree with after registration.
        evening_leaf: most points in a subspace of Greedy after registration.
        greedy: start from QAAD-Greedy (Algorithm 1); if false, from a random assignment, for ablation.
        greedy_leaf: most points in a subspace of Greedy without registration.
        pair_swaps: QAAD-Reassignment (Algorithm 2) on the points of every step.
        leaf_resolving: exact re-assignment inside small leaves of whole clouds, now and then.
        leaf: most points in such a leaf.
        resolve_every: epochs between two rounds of it.
    """

    registration: bool | None = None
    rows: str = "even"
    evening: int = 25
    evening_leaf: int = 1024
    greedy: bool = True
    greedy_leaf: int = 128
    pair_swaps: bool = True
    leaf_resolving: bool = True
    leaf: int = 256
    resolve_every: int = 40

    @property
    def material(self) -> bool:
        """Whether rows are material."""
        return self.rows == "material"

    def __post_init__(self) -> None:
        require(self.rows in ROWS, "rows", self.rows, " or ".join(ROWS))
        unfound = self.material and self.registration is False
        rule = "even where registration, which finds material ones, is false, as in the preset paper"
        require(not unfound, "rows", self.rows, rule)
        require(0 <= self.evening <= 10000, "evening", self.evening, "from 0 to 10000 steps")
        require(2 <= self.evening_leaf <= 16384, "evening leaf", self.evening_leaf, "from 2 to 16384")
        require(2 <= self.greedy_leaf <= 16384, "greedy leaf", self.greedy_leaf, "from 2 to 16384")
        require(2 <= self.leaf <= 16384, "leaf", self.leaf, "from 2 to 16384")
        require(self.resolve_every >= 1, "resolve every", self.resolve_every, "at least 1 epoch")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig(Settings):
    """How the network, the input cloud and the latent table are learnt (paper section 4.2).

    Attributes:
        epochs: passes over the set (`--epochs`); one pass shows every cloud once.
        batch: clouds per step.
        points_per_step: points of each cloud per step, the same number from every patch.
        optimiser: "soap" moves the network's matrices by Adam in the eigenbases of Shampoo's preconditioner; "adam"
            moves them by Adam, as it moves all else.
        learning_rate: the optimiser's highest rate.
        schedule: "cosine" lets the rate rise within the first steps and takes it to zero by a cosine; "constant" keeps
            it, as in the paper.
        latent_rate: learning rate of the latents, as a multiple of the network's.
        input_rate: learning rate of the input cloud, as a multiple of the network's; 0 keeps the cloud fixed.
        across: what the part of a match's gap that leads off the surface counts, where the part along it counts 1; 1
            for the plain squared distance of the paper, for which no normals are estimated. Material rows
            have 10 where nothing else is asked for.
        warmup_epochs: passes of the paper's warm-up before the first assignment, by a PointNet encoder and the
            augmented Chamfer distance; its latents replace those of the PCA. 0 for none.
    """

    epochs: int = 1200
    batch: int = 4
    points_per_step: int = 2048
    optimiser: str = "soap"
    learning_rate: float = 2.5e-3
    schedule: str = "cosine"
    latent_rate: float = 4.0
    input_rate: float = 0.8
    across: float = 4.0
    warmup_epochs: int = 0

    def __post_init__(self) -> None:
        require(self.epochs >= 1, "epochs", self.epochs, "at least 1")
        require(self.batch >= 1, "batch", self.batch, "at least 1")
        require(self.points_per_step >= 1, "points per step", self.points_per_step, "at least 1")
        require(self.optimiser in ("soap", "adam"), "optimiser", self.optimiser, '"soap" or "adam"')
        require(0 < self.learning_rate < 1, "learning rate", self.learning_rate, "above 0 and below 1")
        require(self.schedule in ("cosine", "constant"), "schedule", self.schedule, '"cosine" or "constant"')
        require(0 <= self.latent_rate <= 1000, "latent rate", self.latent_rate, "from 0 to 1000")
        require(0 <= self.input_rate <= 1000, "input rate", self.input_rate, "from 0 to 1000")
        require(1 <= self.across <= 1000, "across", self.across, "from 1 to 1000")
        require(self.warmup_epochs >= 0, "warmup epochs", self.warmup_epochs, "0 or more")
