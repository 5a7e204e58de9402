"""`matteo evaluate`: how good networks are on a set, through the whole pipeline, side by side, with a report."""
