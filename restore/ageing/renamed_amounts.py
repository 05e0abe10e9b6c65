"""Amounts and their ranges by their names of the first release; read for one more release, with a warning."""

RENAMED_AMOUNTS = {
    "between": "intermediate_scale",
    "kernel_after": "second_kernel",
    "grain_between": "grain_intermediate",
    "static_noise": "fixed_noise",
    "static_hold": "fixed_noise_frames",
    "edging": "sharpening",
    "edging_radius": "sharpening_radius",
}
"""Old name of an amount (`restore age --set`) -> its name."""

RENAMED_RANGES = {
    **{old: RENAMED_AMOUNTS[old] for old in ("between", "edging", "edging_radius")},
    "between_chance": "intermediate_scale_chance",
    "grain_between_chance": "grain_intermediate_chance",
    "edging_chance": "sharpening_chance",
    "static_noise": "fixed_noise",
    "static_chance": "fixed_noise_chance",
    "static_hold": "fixed_noise_frames",
    "stretch": "blur_stretch",
    "stretch_chance": "blur_stretch_chance",
    "twice_chance": "recompression_chance",
}
"""Old name of a range (table [ageing] of train.toml) -> its name."""
