"""What people do with a cut-out: backgrounds, places, shadows. One effect a file, all of them in `table.py`.

An effect is made by a function and takes a Cutout: `cutout.apply(crop(fill=0.85), shadow("contact")).over("white")`.
"""
