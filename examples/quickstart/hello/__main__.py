"""python -m hello [NAME]: says "Hello, world"."""

import sys

from hello import greet

print(greet(*sys.argv[1:2]))
