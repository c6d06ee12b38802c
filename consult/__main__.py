"""`python -m consult` is `baraza`."""

from consult.cli import main

main()
