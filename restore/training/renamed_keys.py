"""Keys of train.toml by their names of the first release; read for one more release, with a warning."""

from __future__ import annotations

from restore.ageing.renamed_amounts import RENAMED_RANGES

RENAMED_KEYS = {
    "batch": "batch_size",
    "patch": "patch_size",
    "rate": "learning_rate",
    "warmup": "warmup_steps",
    "fall": "decay_steps",
    "slow": "learning_rate_factors",
    "decay": "weight_decay",
    "average": "ema_decay",
    "clip": "max_gradient_norm",
    "keep": "init_share",
    "stills": "stills_per_film",
    "gradient": "loss.gradient",
    "spectrum": "loss.fourier",
    "exactness": "loss.log_mse",
    "fidelity": "loss.vif",
    "detail": "loss.detail",
    "structure": "loss.ssim",
    "pairs.greatest_step": "pairs.max_frame_step",
    "pairs.wires": "pairs.scene_line_share",
    "pairs.titles": "pairs.lettering_share",
    "pairs.photos": "pairs.photo_share",
    "bins.least_share": "bins.min_share",
    "card.least_lines": "card.min_lines",
    "card.greatest_lines": "card.max_lines",
    "monitor.mean": "monitor.activation_mean",
    "monitor.variance": "monitor.activation_variance",
    "monitor.dead": "monitor.max_dead_share",
    "monitor.gradient": "monitor.max_gradient_norm",
    "monitor.update": "monitor.update_ratio",
    "monitor.progress": "monitor.min_progress",
    "monitor.spike": "monitor.max_loss_deviation",
    "sweep.settled": "sweep.startup_trials",
    **{f"ageing.{old}": f"ageing.{new}" for old, new in RENAMED_RANGES.items()},
}
"""Old key -> new key; dots separate tables from keys. docs/train.md has the same table."""
