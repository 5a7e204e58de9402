"""`python -m matteo` is `matteo`."""

from matteo.cli.main import main

main()
