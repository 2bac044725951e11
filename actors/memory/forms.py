"""Other words for an English word of a question: forms that no rule gives, spellings, words for the same. Pure.

People ask "what did she buy" about "I bought", and "her job" about "my work".
"""

import re
from collections import defaultdict
from typing import Final

_FORMS: Final = """
    begin began begun, bite bit bitten, blow blew blown, break broke broken, bring brought, build built, buy
    bought, catch caught, choose chose chosen, come came, cost costs, cut cutting, dig dug, draw drew drawn,
    dream dreamt, drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen, feed fed, feel felt,
    fight fought, find found, fly flew flown, forget forgot forgotten, forgive forgave, freeze froze frozen,
    give gave given, go went gone, grow grew grown, hang hung, hear heard, hide hid hidden, hold held, keep
    kept, know knew known, lead led, learn learnt, leave left, lend lent, lie lay lain, light lit, lose lost,
    make made, mean meant, meet met, pay paid, ride rode ridden, ring rang rung, rise rose risen, run ran, say
    said, see saw seen, seek sought, sell sold, send sent, shake shook shaken, shine shone, shoot shot, sing
    sang sung, sink sank sunk, sit sat, sleep slept, speak spoke spoken, spend spent, stand stood, steal stole
    stolen, stick stuck, strike struck, swear swore sworn, sweep swept, swim swam swum, take took taken, teach
    taught, tear tore torn, tell told, think thought, throw threw thrown, understand understood, wake woke
    woken, wear wore worn, win won, write wrote written, child children, foot feet, man men, mouse mice, person
    people, tooth teeth, wife wives, woman women, life lives, knife knives, leaf leaves
"""
_SAME: Final = """
    job work career profession occupation, boss manager supervisor, colleague coworker, trip travel journey
    vacation holiday, movie film, photo picture photograph, kid child children, mother mum mom, father dad,
    grandmother grandma, grandfather grandpa, baby newborn infant, buy purchase, bike bicycle, phone mobile
    smartphone, house home apartment flat, ill sick, illness disease diagnosis, doctor physician, hospital
    clinic, garden yard, colour color, favourite favorite, neighbour neighbor, theatre theater, centre center,
    grey gray, travelling traveling, jewellery jewelry, programme program, begin start, quit resign notice,
    wedding marry married, born birth, die death passed, present gift, party celebration celebrate, shop store,
    company business firm, money cash, salary pay wage, song music, competition tournament contest, prize award
    medal trophy, afraid scared fear anxiety worry, happy glad, sad upset, angry mad, love enjoy, hate dislike,
    adopt adoption, allergy allergic, hobby hobbies, exam test, class course lesson, school college university,
    teacher professor, meeting appointment, repair fix, hurt injure injury, move relocate, price cost costs,
    password pin code, bill invoice, volunteer charity, exercise workout training gym, recipe cook dish
"""
_NARROWER: Final = """
    pet > dog cat puppy kitten, parent > mother father mum mom dad, parents > mother father mum mom dad, sibling
    > sister brother, spouse > wife husband, partner > wife husband girlfriend boyfriend, child > son daughter,
    children > sons daughters, vehicle > car bike motorbike van truck, car > vehicle, meal > breakfast lunch
    dinner, food > meal dish dinner lunch, art > painting drawing, artwork > painting drawing, instrument >
    guitar piano violin drums, book > novel, author > writer, restaurant > cafe
"""


def _table() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for group in f"{_FORMS},{_SAME}".split(","):
        for word in group.split():
            found[word] |= dict.fromkeys(each for each in group.split() if each != word)
    for line in _NARROWER.split(","):
        word, narrower = line.split(">")
        found[word.strip()] |= dict.fromkeys(narrower.split())
    return {word: tuple(others) for word, others in found.items()}


_OTHERS: Final = _table()


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_ARABIC: Final = re.compile("[\u0621-\u064a]{3,}")
_ARTICLES: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
"""What Arabic writes before a word: the article, and what it is joined with."""
_SHORTEST: Final = 3
"""Letters of a word behind one."""


def spellings(word: str) -> tuple[str, ...]:
    """Other ways in which people write a word, lower case: without umlauts, with or without an Arabic article."""
    found = [word.translate(_UMLAUTS)]
    if _ARABIC.fullmatch(word):
        bare = (word.removeprefix(each) for each in _ARTICLES if word.startswith(each))
        base = next((each for each in bare if len(each) >= _SHORTEST), word)
        found += [base, *(f"{each}{base}" for each in _ARTICLES)]
    return tuple(each for each in dict.fromkeys(found) if each != word)


def others(word: str) -> tuple[str, ...]:
    """Other words for a word, lower case: for its singular when it has none itself."""
    return _OTHERS.get(word) or _OTHERS.get(word.removesuffix("s"), ())
