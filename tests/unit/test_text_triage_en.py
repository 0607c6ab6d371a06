"""Distress in English, which the hotline recognises though it answers in two other languages. All rows are invented."""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage

EMERGENCY = [
    "they beat me every day please help",
    "we get electric shocks if we don't reach the target",
    "they will sell us tonight to another company",
    "i want to die",
    "my brother is being tortured in Myanmar",
    "the boss threatened to kill me if i run",
    "she is bleeding and they won't let her see a doctor",
    "they put us in the dark room",
    "I was raped by the manager",
    "tomorrow they are moving us to Myawaddy",
    "he drag me by my hair every night please",
    "he has a gun, he is sleeping now",
    "they put us in a truck now, i do not know where",
    "we hear him scream in the basement then quiet",
    "they say if my family not send money they cut my finger",
    "my friend hanged himself but still breathing",
    "they put handcuffs on me since morning",
]
DISTRESS = [
    "help",
    "please help me",
    "SOS!!",
    "my boss took my passport",
    "they keep our passports and we can't leave",
    "we are locked in a building in Sihanoukville",
    "I am not allowed to go outside",
    "they won't let me go home",
    "I have not been paid for 4 months",
    "they force us to scam people online",
    "they want $3000 to let me go",
    "I was sold to another company",
    "I am trapped in Bavet",
    "please get us out of here",
    "they check our phones every night",
    "don't call me, they will find out",
    "I was promised a restaurant job but it turned out to be a scam company",
    "we work 17 hours a day with no rest",
    "there are armed guards, we can't escape",
    "i want to go home, they say i owe the company money",
    "they promised a good salary but I am here and the company keeps my passport",
    "no freedom",
    "no salary 5 months",
    "they say i can go if i bring 3 people",
    "he will post my photos if i leave",
    "guard is coming, dont say my name",
    "i already cost 4000 usd so i belong to the company",
    "mami keeps my id and tells me do extra with customers",
]
THIRD_PARTY = [
    "my brother went to Cambodia and we lost contact",
    "my daughter is trapped in Poipet",
    "they took my husband's passport, he can't leave the compound in Laos",
    "I haven't heard from my husband since he went to Thailand",
    "my friend is being held in Myanmar",
    "please help look for my daughter in Thailand",
    "her phone is off since she went to Laos, she is my sister",
    "can you rescue somebody from Golden Triangle, my ex boyfriend",
]
HUMAN = [
    "can i talk to a real person",
    "connect me to the embassy",
    "I don't want to talk to a bot",
    "please call me back",
]
NONE = [
    "is it true that people are beaten in Cambodia?",
    "what if my employer keeps my passport?",
    "hello",
    "how much is the salary in Korea?",
    "We are hiring customer service, salary 1000 USD, free accommodation, security 24 hours, no "
    "experience, contact telegram",
    "I watched a movie about people being sold",
    "I am safe, nobody beats me and I have my passport",
    "last year they beat me but now I am back home",
    "lol my boss is killing me with work haha",
    "can you help me check this job offer?",
    "what is human trafficking?",
    "how do I avoid being trafficked?",
    "can an employer legally keep my documents?",
    "the phone number of the embassy please",
    "are you a bot or a real person?",
    "thank you so much",
    "I was offered a job in Thailand, should I accept?",
    "my character got beaten by the boss in the game",
    "what is the punishment for selling people?",
    "HIRING typist in Cambodia, salary 1500 usd, free room, company keeps passport. is it good?",
    "my cat not eat since yesterday",
    "will i go to jail if the boss forced me to scam before?",
    "who must pay my ticket, me or employer",
    "student visa can work 28 hours, cost 9000 dollar, is it good?",
    "free lawyer for a trafficking case?",
    "the app will not let me log in",
]


@pytest.mark.parametrize("text", EMERGENCY)
def test_danger_to_life_is_an_emergency(text: str) -> None:
    assert triage(text).level == "emergency"


@pytest.mark.parametrize("text", DISTRESS)
def test_trapped_people_are_heard(text: str) -> None:
    assert triage(text).level in ("distress", "emergency")


@pytest.mark.parametrize("text", THIRD_PARTY)
def test_families_looking_for_somebody_are_heard(text: str) -> None:
    assert triage(text).level in ("third_party", "emergency")


@pytest.mark.parametrize("text", HUMAN)
def test_a_person_is_asked_for(text: str) -> None:
    assert triage(text).level == "human"


@pytest.mark.parametrize("text", NONE)
def test_safe_people_are_not_made_cases(text: str) -> None:
    assert triage(text).level == "none"
