"""The list of networks."""

import pytest
import torch

from restore.nets import catalog


def test_every_listed_net_is_built_by_its_class_name() -> None:
    """The name in model.toml is the name of the class, and the list is complete."""
    assert {"FilmNet", "ColorNet", *dict(catalog.PUBLISHED)} == set(catalog.NETS)
    assert type(catalog.build("FilmNet", {"scale": 2, "depth": 1})).__name__ == "FilmNet"


def test_unknown_names_and_arguments_are_errors() -> None:
    """A name that is not listed is a KeyError, an argument that the net lacks a TypeError."""
    with pytest.raises(KeyError):
        catalog.build("GiantNet", {})
    with pytest.raises(TypeError):
        catalog.build("FilmNet", {"scale": 2, "bins": 9})


def test_the_list_cannot_be_changed() -> None:
    """Nets are added in the file, not at run time."""
    with pytest.raises(TypeError):
        catalog.NETS["other"] = torch.nn.Identity  # type: ignore[index]
