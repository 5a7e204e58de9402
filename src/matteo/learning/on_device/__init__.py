"""The augmentations of the table once more, in batches of tensors, for a device that the whole set fits on.

`store` holds the set and makes the batches; `place`, `scene` and `light` are the table's objects, their parameters the
same. Pictures lie stretched to one square; each one's own shape is kept beside it.
"""
