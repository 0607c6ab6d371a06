"""The hotline: what talks with people, hands over to operators and checks offers."""

import os

# Before anything imports numpy. The matrices here are small: a second thread of BLAS saves no time, and spins on a core
# that others need: 10,000 offers took 102 s with two threads and 27 s with one (docs/benchmarks.md).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
