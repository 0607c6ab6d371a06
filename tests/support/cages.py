"""Whether this machine can close the cage; where it cannot, files are not opened, and there is nothing to read."""

from __future__ import annotations

import pytest

from bot.runtime import file_jail

closed, wall = file_jail.walls()
#: For tests of what is read in a file. That nothing is read without a cage is tested everywhere (test_cage.py).
caged = pytest.mark.skipif(not closed, reason=f"this machine cannot close the cage: {wall}")
