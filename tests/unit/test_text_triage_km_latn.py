"""Distress in Khmer typed with Latin letters, spelled freely. All rows are invented."""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage

EMERGENCY = [
    "chuoy knhom phong ke veay knhom rol thngai",
    "ke vay knhom tae min krob target",
    "thaoke chhok khsae phloeng knhom",
    "yop nih ke nung lok knhom tov krom hun phseng",
    "ke komream somlab knhom",
    "knhom chong slab haey tram leng ban",
    "boun srey knhom trov ke vay nov poipet",
    "saek ke yok yerng tov myanmar jouy pong",
    "ke dak knhom knong bontup ngonget",
    "knom ot jong rus teat te",
    "mit knhom hor cheam chraen nas bong",
    "thaoke kan kambet nov mok bontup knhom",
    "chheam hou ot chhob te",
    "bek kbal hz, ot deung kluon",
    "ot dok dongherm rouch",
    "kamplerng",
    "kn leak knong tu, ke dae rok kn",
    "lan mk yk yerng yub nis tov KK",
    "ke kap mream mit kn",
    "ke phtum kbal kn knong tek",
    "touk lich hz juoy pong",
    "kea tha kat ondat kn",
    "vea leb tnam haey, juoy leun",
    "ke mok haey",
]
DISTRESS = [
    "jouy phong",
    "juoy knhom pong bong",
    "som chuoy yerng phong",
    "ke min oy chenh te",
    "ke ot aoy jenh krav te bong",
    "knhom chenh min ban te",
    "thaoke yok passport knhom haey",
    "ke dok likhet chlong den knhom min oy vinh",
    "min boek prak khae bey khae haey",
    "tver ka ot ban luy 4 khae haey",
    "ke bong khom knhom chhor bok ke",
    "mok dol ti nih ke oy knhom bok barang",
    "ke lok knhom mok bavet",
    "trov ke lork oy krom hun chen",
    "trov bong luy 2000 teub ke oy chenh",
    "ke tear luy loh pi kruosar knhom",
    "ke dok tourasap os haey",
    "ke check phone rol yop klach ke dung",
    "jong tov pteah ke ot oy tov",
    "knhom jab nov poypet songkroh phong",
    "ke chak sor tvea min oy yerng chenh",
    "jong mok vinh",
    "kom call mok klach ke dung",
    "knhom chheu ke min oy tov pet",
    "tver kar 16 maong knong muoy thngai",
    "ot krob target ke pinay luy",
    "nov leu touk ke min oy laeng ko pir chhnam haey",
    "mean neak yam kan kampleung knhom rot min ruoch",
    "ke bok knhom mok thai eylov ot mean luy jong mok vinh",
    "knhomjabkhom nov sihanouk",
    "ke jab kn min oy chenh",
    "thaoke kan passport knhom min oy chenh",
    "passport nv office, ke min oy vinh",
    "chumpeak laeng roal khae, chhub trov song 4500",
    "kn jol krumhun bok, jenh min ruoch",
    "madam min ouy kn jenh krav, phone kor yk",
    "ke yok rub kn dak fb ber rot",
    "rok nak jumnuos 2 nak teb oy kn tov",
    "tauke kat luy hz, khnhom jong mk srok te ke ot oy",
    "kom chhlery, sar nis sorser luoch knong bantub",
    "bay mouy pel, ngea 16 maong",
    "touk 2 chhnam min dael lerng kok",
]
THIRD_PARTY = [
    "boun bros knhom bat dandoeng tang pi tov thai",
    "koun srey knhom trov ke khom nov poipet",
    "pdey knhom teak tong min ban 2 atit haey",
    "mit pheak knhom trov ke lok tov myanmar",
    "kmuoy knhom nov bavet ke dok passport koat",
    "bong srey knhom tov malaysia ot dung nov na",
    "mae kn bat domneng pi khae mun",
    "p'oun bros kn bat tang pi tov laos",
    "sum rok manus, kmuy kn nov mae sot",
    "kone srey nhom nv kuwait, madam min oy mk vinh",
    "bdey kn phone ot jol 2 khae hz",
]
HUMAN = [
    "knhom chong niyeay chea muoy montrey",
    "jong niyeay jea muy monus pit",
    "som te mok knhom vinh",
    "ot jong niyeay chea muoy bot te",
]
NONE = [
    "jong tver ka nov thai",
    "sousdey bong",
    "prak khae ponman nov korea",
    "tae pit te ke chhok phloeng polakor nov kampuchea",
    "bae thaoke yok passport trov tver mech",
    "thaoke l'or min del veay te",
    "knhom khernh knong video ke lok monus",
    "eylov knhom mok dol phteah haey pi mun ke veay knhom",
    "arkun bong",
    "chuoy pinit karngea nih phong",
    "chuoy brab lekh sthan tut phong",
    "karngea veay aksor prak khae 300",
    "tver mech kom oy chanh bok",
    "klean bay jong slab haha",
    "krom hun nih mean achnhaban te",
    "knhom chong tov tver ka nov japan trov tver yang na",
    "thlai tver passport ponman",
    "lup teang os",
    "neak chea monus reu robot",
    "visa phot trov bong pineay te",
    "knhom tea ban te",
    "tver ka nov tinoh kert ot bong",
    "krom hun roes neak prak khae 1200 snak nov free ke kan passport l'or te",
    "kn trov mae khas, mae yk phone kn leng",
    "phone kn khoch, tver mech",
    "luk num nov phsar ban luy tich",
    "thngai nis trochak nas",
    "knhom bat passport tver vinh tov na",
    "chob kontra hz mok srok vinh yg na",
    "visa phot trov bong pineay ponman",
    "trov ke bok tam fb 200$ yok luy vinh ban te",
    "tae krumhun oy jompeak brak khae te",
    "bat knhom jong tov tver ka korea",
    "jong dg pi lek songkroh",
    "kn ot deung te",
    "bong yol yg na ke hao tov tver ka bavet",
    "pi khae mun mok ot toan ban visa",
]
OTHER_LANGUAGES = [
    "saya mau kerja min, data lengkap, ada loker?",
    "min, lok mana nih yang bagus",
    "I want to meet men in Bangkok",
    "ban mobil bocor di jalan",
    "kom ini ke sana bisa",
    "ok min nanti saya kabari",
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


@pytest.mark.parametrize("text", NONE + OTHER_LANGUAGES)
def test_safe_people_are_not_made_cases(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize("text", ["j u o y", "ju0y knhom phong", "k n h o m trov ke vay"])
def test_letters_apart_and_digits_for_letters_are_undone_here_too(text: str) -> None:
    assert triage(text).level != "none"
