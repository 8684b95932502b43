"""`python -m autograd`: evaluate, differentiate and draw a formula, or open a prompt; `--help` says how."""

import sys

from autograd.shell.command_line import main

if __name__ == "__main__":
    sys.exit(main())
