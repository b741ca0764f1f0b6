"""`python -m tests.proofs [name] [--n times] [--seed number]`, as `make prove` calls it."""

import sys

from tests.proofs.harness import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
