"""What is wrong with a set of pictures and masks, before anyone learns from it. `matteo data check` shows it."""
