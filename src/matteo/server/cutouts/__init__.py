"""matteo's own API for one picture: what the command line can do, over HTTP."""
