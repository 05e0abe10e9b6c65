"""Ageing: clean color frames become an old film; one file for each damage, `shot` composes them.

Every damage is a pure function (frames, amounts, generator) -> frames on [T, C, H, W] tensors,
nominal 0..1; an amount of zero is the identity, and the same generator state gives the same film.
"""
