"""What a question asks for: its kind, and the words that carry it. Knows nothing of passages or answers."""

from __future__ import annotations

import re
from typing import Literal

from index.text import folded, words

Kind = Literal["count", "amount", "quantity", "date", "place", "person", "other"]

# Matched against the folded question, in this order; the first that fits decides.
KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "date",
        r"\b(quand|a quelle date|quelle? (date|annee|jour|mois|heure)|en quelle annee|when|what (date|year|day|month|time)"
        r"|which (year|month|day)|متي|تاريخ|اي (سنه|عام|شهر|يوم))\b",
    ),
    (
        "amount",
        r"\b(quel(le)? (est |sera |serait |etait )?(le |la |l' ?)?(montant|cout|prix|budget|somme|tarif|investissement)"
        r"|combien (coute|coutera|vaut|faut il payer|d'argent|s'eleve|se monte|est investi)|how much (money|does it cost|will it cost|is invested|was)"
        r"|what (is|was|will be) the (amount|cost|price|budget|total)|what amount|مبلغ|تكلفه|قيمه|سعر)\b",
    ),
    (
        "quantity",
        r"\b(quel(le)? (est |sera |etait )?(la |le |l' ?)?(capacite|superficie|taille|vitesse|quantite|surface|duree|distance|volume|production)"
        r"|combien de (tonnes|kilometres|metres|temps)|(what|which) (is|will be|was)? ?(the )?\w* ?(capacity|size|length|speed)"
        r"|how (long|far|big|large|fast)|طاقه|سعه|مساحه|قدره)\b",
    ),
    ("count", r"\b(combien|quel (est le )?nombre|how many|what number|number of|كم|عدد)\b"),
    (
        "place",
        r"^(d' ?)?ou\b|(^|\b)(ou (est|sont|se|sera|seront|va|ont|a|doit|peut|trouve)|(dans|sur) quel(le)? (ville|pays|region|lieu|zone|endroit|site)"
        r"|a quel endroit|quel(le)? (est (la|le) )?(ville|pays|region|lieu)|where|(in )?(which|what) (city|country|town|region|place)"
        r"|اين|في اي (مدينه|بلد|منطقه))\b",
    ),
    (
        "person",
        r"\b(qui (est|a|ont|sont|sera|dirige|etait)|quelle? (personne|entreprise|societe|groupe)|who|whom"
        r"|which (company|group|firm|person)|من (هو|هي)|اي شركه)\b",
    ),
)
# Words that ask or join, and say nothing of what is asked about; folded.
EMPTY_WORDS = frozenset(
    """
    a about after ai all also am an and any are as at au aux avec be been being but by c can ce ces cet cette
    combien comment could d dans de des did do does donc du elle elles en est et etait ete etre eu faire fait faut
    font for from had has have he her his how i if il ils in into is it its j je l la laquelle le lequel les
    lesquelles lesquels leur leurs m ma mais many may me mes mon much my n ne no nos not notre nous of on ont or ou
    our par pas peut peuvent plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera
    seront ses she should si so some son sont sur t ta te tes than that the their them then there these they this to
    ton tu un under une va vers vont vos votre vous was we were what when where which while who whom whose why will
    with would y you your
    من الي علي في عن هل ما ماذا متي اين كيف كم لماذا هو هي هذا هذه ذلك تلك التي الذي ان او ثم لا لم لن
    قد كان كانت يكون سيكون مع اي و ب ل
    """.split()  # noqa: SIM905 - a list of 250 strings would fill the module
)


def kind_of(question: str) -> Kind:
    """The kind of fact that would answer a question."""
    text = folded(question)
    return next((kind for kind, pattern in KINDS if re.search(pattern, text)), "other")


def key_of(word: str) -> str:
    """A form that a word shares with its inflections: its first letters, without the Arabic article."""
    word = word.removeprefix("ال") if len(word) > 4 else word
    return word[:5]


def content_keys(text: str) -> list[str]:
    """The keys of the words of a text that carry meaning, in order."""
    return [key_of(word) for word in words(text) if word not in EMPTY_WORDS]
