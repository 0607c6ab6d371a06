"""Which sum of an offer is its pay, by weights learned from labelled offers."""

from __future__ import annotations

import json

import pytest

from bot.offers.evaluation import teach_pay
from bot.offers.evaluation.scores import Labelled
from bot.offers.evaluation.teach import PAY, fingerprint
from nlu.pay import learned
from nlu.pay.amounts import salary, sums_that_may_be_pay


@pytest.mark.parametrize(
    "text",
    [
        "Pinjam di bank 20 juta buat modal, tiap bulan nyicil 900 ribu",
        "Denda overstay 20.000 baht, saya cuma punya 8.000 baht, ibu bilang pinjam 5 juta di bank",
        "ខ្ញុំខ្ចីធនាគារ ៣០០០ដុល្លារ សងខែ ១១០ដុល្លារ ៣ឆ្នាំ",
        "ប្រកួតចម្រៀង រង្វាន់លេខ១ ៣ពាន់ដុល្លារ លេខ២ ១ពាន់ លេខ៣ ៥រយ",
        "rean kat sak 150 dola, chob haey rok kar ngear oy",
    ],
)
def test_a_loan_a_fine_a_prize_or_a_course_is_not_told_as_pay(text: str) -> None:
    assert salary(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Warung Bu Tini cari 2 orang, gaji 1,9 juta. Nasi campur 18 ribu, es teh 5 ribu", 1.9e6, 1.9e6),
        ("ហាងនំប៉័ង នំប៉័ងដើម ១៥០០៛ នំខេក ៨$ ខ្វះអ្នកជួយដុតនំ ឲ្យ ១៩០$ ក្នុងមួយខែ", 190, 190),
    ],
)
def test_the_pay_is_told_from_the_prices_of_the_shop(text: str, low: float, high: float) -> None:
    pay = salary(text)
    assert pay is not None and (pay.amount_min, pay.amount_max, pay.period) == (low, high, "month")


def test_the_weights_belong_to_the_building_offers() -> None:
    """Whoever changes data/offers/building or data/offers/pay runs `python -m bot.offers.evaluation.teach`."""
    head = json.loads(learned.FILE.read_text(encoding="utf-8").splitlines()[0])
    assert head["building"] == fingerprint() + fingerprint(PAY)
    assert learned.FILE.stat().st_size < 500_000


def test_every_post_of_a_list_teaches_and_what_is_paid_beside_it_does_not() -> None:
    text = "Koki 300$, kasir 220$ per bulan, uang makan 50$"
    paid = {"amount_min": 220, "amount_max": 300, "currency": "USD", "period": "month"}
    offer = Labelled(text, "id", "ID", "honest", "low", frozenset(), paid, "building")
    plain, sums = sums_that_may_be_pay(text)
    taught = teach_pay.examples(offer)
    named = {
        plain[one.one.start : one.one.end].strip(): example.is_pay for one, example in zip(sums, taught, strict=True)
    }
    assert named["300$"] and named["220$"] and not named.get("50$", False)


def test_it_can_be_seen_why_a_sum_is_taken_for_the_pay() -> None:
    lines = teach_pay.why("Gaji 4,5 juta per bulan, biaya seragam 300 ribu")
    assert [line.split(":")[0] for line in lines] == ["4,5 juta", "300 ribu"]
    chances = [float(line.split(": ")[1].split(" ")[0]) for line in lines]
    assert chances[0] > 0.8 and chances[1] < 0.2
    assert "told called pay +" in lines[0]
