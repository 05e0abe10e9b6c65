"""The fixed split of the data: which clips train, which only judge, which photographs validate."""

import hashlib

TRAINING_CLIPS = (
    "autumn_leaves", "ball_juggle", "bedroom_girls", "chicken_yard", "cockatoo", "coffee_pour",
    "cups_table", "daisies", "dog_fetch", "face_indoor", "face_outdoor", "flower_bloom",
    "golden_dog", "letter_blocks", "man_glasses", "puppy_rock", "rollercoaster", "sauce_pour",
    "sea_rocks", "sheep_field", "squirrel_eat", "surfer_wave", "vineyard_table",
)  # fmt: skip

JUDGING_CLIPS = (
    "burger_grill", "city_drone", "coffee_outdoors", "forest_brook", "kitchen_women", "salad_mix",
    "skater_night", "snow_golf", "snow_street_flag", "waterfall_rail", "worker_helmet",
    "yoga_room",
)  # fmt: skip


def validates(photo: str) -> bool:
    """True for the tenth of the photographs (by a hash of the name) that no net trains on."""
    return hashlib.sha256(photo.encode()).digest()[0] * 10 < 256
