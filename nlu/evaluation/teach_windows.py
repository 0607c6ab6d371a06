"""Teaches the network that reads an offer through windows over its words (bot/offers/learned/convolution.py).

    PYTHONPATH=. nlu/.venv/bin/python -m nlu.evaluation.teach_windows EXAMPLES.npz WEIGHTS.npz

`python -m bot.offers.evaluation.teach` calls it: TensorFlow is in Rasa's environment alone, and the network is run
without it. Deterministic; two to four minutes.

EXAMPLES holds, of n examples, `words` (rows of the table of words, one example after the other) and `ends` (n),
`told` (n x things told, 0 or 1), `shown` (n x flags, 0 to 1) and `asked` (n x flags: how much the example teaches the
flag); of the table of words `pieces` (words x pieces, rows of pieces, 0 for none) and `known` (row of the word itself,
0 for none); and `pieces_kept`, `known_kept`, `widths`. WEIGHTS gets arrays named as in `Weights`.
"""

from __future__ import annotations

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

#: Numbers a word, questions a window, numbers of the hidden layer.
SIZE, QUESTIONS, HIDDEN = 64, 96, 64
EPOCHS, BATCH = 8, 32
#: Step of learning, at the first epoch; it falls to a twentieth.
STEP = 2e-3
#: Shares forgotten while it learns: of the words of an offer, of words known by themselves, of a word's numbers, of
#: what is found.
WORDS_LOST, KNOWN_LOST, NUMBERS_LOST, FOUND_LOST = 0.1, 0.2, 0.2, 0.4
#: An example is read so far, in words.
LONGEST = 100
#: What large weights to the flags cost.
COST = 1e-4


class Network(tf.keras.Model):
    """The network; its call gives log odds a flag."""

    def __init__(self, given: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.of_words, self.known = tf.constant(given["pieces"]), tf.constant(given["known"])
        self.widths = [int(width) for width in given["widths"]]
        told, flags = given["told"].shape[1], given["shown"].shape[1]
        found = QUESTIONS * len(self.widths) + SIZE + HIDDEN
        self.pieces = self._table("pieces", int(given["pieces_kept"]) + 1, SIZE, spread=0.1)
        self.words = self._table("words", int(given["known_kept"]) + 1, SIZE, spread=0.1)
        self.asking = [
            (
                self.add_weight(
                    f"window {width}", (width, SIZE, QUESTIONS), initializer=_spread((width * SIZE) ** -0.5)
                ),
                self.add_weight(f"begins {width}", (QUESTIONS,), initializer="zeros"),
            )
            for width in self.widths
        ]
        self.told_hidden = self._table("told_hidden", told, HIDDEN, spread=0.1)
        self.told_begins = self.add_weight("told_begins", (HIDDEN,), initializer="zeros")
        self.told_flags = self._table("told_flags", told, flags, spread=0.0)
        self.outward = self._table("outward", found, flags, spread=found**-0.5)
        self.bias = self.add_weight("bias", (flags,), initializer=tf.keras.initializers.Constant(-2.0))

    def _table(self, name: str, rows: int, columns: int, spread: float) -> tf.Variable:
        return self.add_weight(name, (rows, columns), initializer=_spread(spread))

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor], training: bool = False) -> tf.Tensor:
        rows, told = inputs
        mask = tf.cast(rows > 0, tf.float32)[:, :, None]
        words = self._numbers(rows, training) * mask
        if training:
            words = tf.nn.dropout(words, NUMBERS_LOST)
        found = []
        for window, begins in self.asking:
            answers = tf.nn.relu(tf.nn.conv1d(words, window, 1, "SAME") + begins)
            found.append(tf.reduce_max(answers * mask, axis=1))
        found.append(tf.reduce_sum(words, axis=1) / (tf.reduce_sum(mask, axis=1) + 1.0))
        found.append(tf.nn.relu(told @ self.told_hidden + self.told_begins))
        together = tf.concat(found, axis=1)
        if training:
            together = tf.nn.dropout(together, FOUND_LOST)
        return together @ self.outward + told @ self.told_flags + self.bias

    def _numbers(self, rows: tf.Tensor, training: bool) -> tf.Tensor:
        """The numbers of every word: of its pieces, and its own."""
        different, places = tf.unique(tf.reshape(rows, [-1]))
        pieces = tf.gather(self.of_words, different)
        there = tf.cast(pieces > 0, tf.float32)[:, :, None]
        numbers = tf.reduce_sum(tf.gather(self.pieces, pieces) * there, axis=1)
        numbers /= tf.sqrt(tf.maximum(tf.reduce_sum(there, axis=1), 1.0))
        known = tf.gather(self.known, different)
        kept = tf.cast(known > 0, tf.float32)
        if training:
            kept *= tf.cast(tf.random.uniform(tf.shape(kept)) >= KNOWN_LOST, tf.float32)
        numbers += tf.gather(self.words, known) * kept[:, None]
        return tf.reshape(tf.gather(numbers, places), tf.concat([tf.shape(rows), [SIZE]], axis=0))


def _spread(deviation: float) -> tf.keras.initializers.Initializer:
    return tf.keras.initializers.RandomNormal(stddev=deviation) if deviation else tf.keras.initializers.Zeros()


class Batches(tf.keras.utils.Sequence):
    """Examples of about the same length together, dealt anew every epoch."""

    def __init__(self, given: dict[str, np.ndarray]) -> None:
        self.examples = [words[:LONGEST] for words in np.split(given["words"], given["ends"][:-1])]
        self.given, self.dice = given, np.random.default_rng(0)
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.batches)

    def on_epoch_end(self) -> None:
        dealt = self.dice.permutation(len(self.examples))
        batches: list[np.ndarray] = []
        for first in range(0, len(dealt), 40 * BATCH):
            near = sorted(dealt[first : first + 40 * BATCH], key=lambda number: len(self.examples[number]))
            batches += [np.array(near[start : start + BATCH]) for start in range(0, len(near), BATCH)]
        self.batches = [batches[number] for number in self.dice.permutation(len(batches))]

    def __getitem__(self, number: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        mine = self.batches[number]
        rows = np.zeros((len(mine), max(1, *(len(self.examples[one]) for one in mine))), dtype=np.int32)
        for line, one in enumerate(mine):
            words = self.examples[one]
            rows[line, : len(words)] = words * (self.dice.random(len(words)) >= WORDS_LOST)
        answers = np.hstack([self.given["shown"][mine], self.given["asked"][mine]])
        return (rows, self.given["told"][mine].astype(np.float32)), answers


def teach(given: dict[str, np.ndarray]) -> Network:
    """Train on examples."""
    tf.keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    network = Network(given)

    def cost(answers: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
        shown, asked = tf.split(answers, 2, axis=1)
        wrong = tf.nn.sigmoid_cross_entropy_with_logits(shown, scores) * asked
        large = sum(tf.nn.l2_loss(table) for table in (network.outward, network.told_flags, network.told_hidden))
        return tf.reduce_mean(tf.reduce_sum(wrong, axis=1)) + 2.0 * COST * large

    network.compile(optimizer=tf.keras.optimizers.Adam(STEP), loss=cost)
    slower = tf.keras.callbacks.LearningRateScheduler(lambda epoch: STEP * (1.0 - epoch / EPOCHS) + STEP / 20)
    network.fit(Batches(given), epochs=EPOCHS, callbacks=[slower], verbose=2)
    return network


def save(network: Network, path: str) -> None:
    """Write what the network learned."""
    tables = ("pieces", "words", "told_hidden", "told_begins", "told_flags", "outward", "bias")
    found = {name: getattr(network, name).numpy() for name in tables}
    for width, (window, begins) in zip(network.widths, network.asking, strict=True):
        found[f"window {width}"], found[f"begins {width}"] = window.numpy(), begins.numpy()
    np.savez(path, **found)


def main() -> None:
    """The command."""
    examples, weights = sys.argv[1:]
    with np.load(examples) as kept:
        given = dict(kept)
    save(teach(given), weights)


if __name__ == "__main__":
    main()
