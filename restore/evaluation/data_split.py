"""The fixed split of the project's data: training clips, test clips, validation photographs."""

import hashlib

TRAINING_CLIPS = (
    "autumn_leaves", "ball_juggle", "bedroom_girls", "chicken_yard", "cockatoo", "coffee_pour",
    "cups_table", "daisies", "dog_fetch", "face_indoor", "face_outdoor", "flower_bloom",
    "golden_dog", "letter_blocks", "man_glasses", "puppy_rock", "rollercoaster", "sauce_pour",
    "sea_rocks", "sheep_field", "squirrel_eat", "surfer_wave", "vineyard_table",
)  # fmt: skip

TEST_CLIPS = (
    "burger_grill", "city_drone", "coffee_outdoors", "forest_brook", "kitchen_women", "salad_mix",
    "skater_night", "snow_golf", "snow_street_flag", "waterfall_rail", "worker_helmet",
    "yoga_room",
)  # fmt: skip
"""Never used for training: models are evaluated on them."""

UNLIKE_TRAINING_CLIPS = (
    "burger_grill", "city_drone", "skater_night", "snow_golf", "snow_street_flag", "waterfall_rail",
)  # fmt: skip
"""The test clips whose places and subjects no training clip shows: snow, streets, a waterfall, a grill."""


def is_validation(name: str) -> bool:
    """True for the tenth of the files (by a hash of the name) that is held out for validation."""
    return hashlib.sha256(name.encode()).digest()[0] * 10 < 256
