"""The offer check for programs: one JSON object a line."""

from __future__ import annotations

from bot.offers.verdict import Assessment

type Json = str | int | float | list[Json] | dict[str, Json] | None


def to_json(text: str, assessment: Assessment) -> dict[str, Json]:
    """One assessment in the shape of `hotline check-offer --jsonl`; a flag from a button has empty evidence."""
    facts, pay = assessment.facts, assessment.facts.salary
    salary: Json = None
    if pay is not None:
        salary = {
            "amount_min": pay.amount_min,
            "amount_max": pay.amount_max,
            "currency": pay.currency,
            "period": pay.period,
            "usd_month": pay.usd_month,
        }
    return {
        "text": text,
        "risk": assessment.risk,
        "score": assessment.score,
        "flags": [{"id": f.id, "evidence": f.evidence, "weight": f.weight} for f in assessment.flags],
        "facts": {
            "country": facts.country,
            "role": facts.role,
            "salary": salary,
            "contacts": [contact.value for contact in facts.contacts],
            "agency": facts.agency,
        },
        "missing": list(assessment.missing),
        "language": assessment.language,
    }
