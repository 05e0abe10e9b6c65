"""What code values mean: pixel formats, linear light, conversion to Clips and back."""
