"""The names by which Rasa's rules call us (nlu/domain/dialogue.yml), each with one call of bot/dialogue."""

from __future__ import annotations

from typing import ClassVar

from actions.base import HotlineAction
from bot.dialogue import offers, policy
from bot.dialogue.turn import (
    ABOUT_US,
    CANCEL,
    ERASE,
    LANGUAGE,
    NOT_UNDERSTOOD,
    OFFER,
    QUESTION,
    REPORT,
    RESTART,
    SMALL_TALK,
    WISH,
    Event,
    Turn,
)


class ByPolicy(HotlineAction):
    """An action whose answer the table of bot/dialogue/policy.py gives."""

    meaning: ClassVar[str]

    async def answer(self, turn: Turn) -> list[Event]:
        """The first rule of the table that answers."""
        turn.meaning = self.meaning
        return await policy.answer(turn)


class AnswerQuestion(ByPolicy):
    """A question about work abroad."""

    action_name, meaning = "action_answer_question", QUESTION


class AboutUs(ByPolicy):
    """Who this is, who reads this, what is kept."""

    action_name, meaning = "action_about_us", ABOUT_US


class CheckOffer(ByPolicy):
    """An offer to be judged."""

    action_name, meaning, in_form = "action_check_offer", OFFER, True


class SmallTalk(ByPolicy):
    """Greetings, thanks, yes, no, insults, and what is none of our business."""

    action_name, meaning = "action_small_talk", SMALL_TALK


class Fallback(ByPolicy):
    """What was not understood."""

    action_name, meaning = "action_fallback", NOT_UNDERSTOOD


class OpenCase(ByPolicy):
    """A report of trouble."""

    action_name, meaning = "action_open_case", REPORT


class RequestOperator(ByPolicy):
    """The wish for a person."""

    action_name, meaning = "action_request_operator", WISH


class SetLanguage(ByPolicy):
    """The choice of a language in whole sentences; short words work without Rasa (nlu/understanding/controls.py)."""

    action_name, meaning = "action_set_language", LANGUAGE


class EraseChat(ByPolicy):
    """The wish to have the chat erased."""

    action_name, meaning = "action_erase_chat", ERASE


class RestartChat(ByPolicy):
    """A new beginning."""

    action_name, meaning = "action_restart_chat", RESTART


class Cancel(ByPolicy):
    """The end of what is going on."""

    action_name, meaning = "action_cancel", CANCEL


class ValidateOfferForm(HotlineAction):
    """An answer to the offer form, or its next question."""

    action_name, in_form = "validate_offer_form", True

    async def answer(self, turn: Turn) -> list[Event]:
        """Read the answer and put the next question."""
        return await offers.next_step(turn)


class ConcludeOffer(HotlineAction):
    """The end of the offer form."""

    action_name, in_form = "action_conclude_offer", True

    async def answer(self, turn: Turn) -> list[Event]:
        """Say the verdict again."""
        return await offers.conclude(turn)


class ResumeOffer(HotlineAction):
    """A button of an offer check that was left."""

    action_name, in_form = "action_resume_offer", True

    async def answer(self, turn: Turn) -> list[Event]:
        """Go on where the check stopped."""
        return await offers.resume(turn)
