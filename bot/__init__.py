"""The hotline: what talks with people, hands over to operators and checks offers."""

import os

# Before anything imports numpy. The matrices here are small: a second thread of BLAS saves no time, and spins on a core
# that others need (docs/benchmarks.md, "Offers, the sixteenth time").
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
