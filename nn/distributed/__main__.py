"""See `nn.distributed.launcher`."""

import sys

from nn.distributed.launcher import main

if __name__ == "__main__":
    sys.exit(main())
