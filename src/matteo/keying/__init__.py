"""The colour key: a subject before a screen of one colour -> alpha, by arithmetic, with no network."""
