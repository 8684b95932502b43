"""The one door to packages that are not installed with the core."""

from autograd import installation

require = installation.require
