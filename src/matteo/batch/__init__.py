"""Many pictures: what to make (`plan`), what has been (`manifest`), whose turn it is (`lock`), the work (`engine`)."""
