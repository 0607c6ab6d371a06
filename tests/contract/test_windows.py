"""The network of windows is taught by TensorFlow and run without it: both must say the same."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bot.offers.evaluation import teach_windows
from bot.offers.learned import convolution
from bot.offers.rules import FLAG_IDS
from bot.settings import ROOT

LINES = ["paspor dipegang bos", "paspor kamu simpan sendiri ya", "jangan bilang ibu", "gaji", "ទុកលិខិតឆ្លងដែនជាមួយថៅកែ"]


def test_the_network_says_what_tensorflow_taught_it(tmp_path: Path) -> None:
    examples = [
        teach_windows.Example(tuple(line.split()), ("abroad",) * (number % 2), (float(number % 2),) * len(FLAG_IDS))
        for number, line in enumerate(LINES * 8)
    ]
    known, told = ["gaji", "paspor"], {"abroad": 0}
    words = sorted({word for one in examples for word in one.words})
    tables = teach_windows.tables(examples, words, known, told)
    np.savez(tmp_path / "examples.npz", **tables)  # type: ignore[arg-type]
    taught = (
        "import json, sys, numpy as np, nlu.evaluation.teach_windows as one\n"
        "given = dict(np.load(sys.argv[1])); network = one.teach(given); one.save(network, sys.argv[2])\n"
        "examples = [(row[None], heard[None].astype('float32'))"
        " for row, heard in zip(np.split(given['words'], given['ends'][:-1]), given['told'])]\n"
        "print(json.dumps([network(example).numpy()[0].tolist() for example in examples]))"
    )
    run = subprocess.run(
        [str(teach_windows.PYTHON), "-c", taught, str(tmp_path / "examples.npz"), str(tmp_path / "weights.npz")],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    with np.load(tmp_path / "weights.npz") as kept:
        network = convolution.Windows(teach_windows.weights_of(dict(kept), known, told))
    for said, one in zip(json.loads(run.stdout.splitlines()[-1]), examples, strict=True):
        assert network.hear(one.words, one.told).scores == pytest.approx(said, abs=1e-4)
