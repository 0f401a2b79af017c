"""What a question asks for: its kind, and the words that carry it. Knows nothing of passages or answers."""

from __future__ import annotations

import re
from typing import Literal

from index.text import folded, words

Kind = Literal["count", "amount", "quantity", "date", "place", "person", "other"]

# Matched against the folded question, in this order; the first that fits decides.
KINDS: tuple[tuple[Kind, str], ...] = (
    ("date", r"\b(quand|a quelle date|quelle? (date|annee|jour|mois|heure)|en quelle annee|when|what (date|year|day|month|time)"
             r"|which (year|month|day)|متي|تاريخ|اي (سنه|عام|شهر|يوم))\b"),
    ("amount", r"\b(quel(le)? (est |sera |serait |etait )?(le |la |l' ?)?(montant|cout|prix|budget|somme|tarif|investissement)"
               r"|combien (coute|coutera|vaut|faut il payer|d'argent)|how much (money|does it cost|will it cost|is invested|was)"
               r"|what (is|was|will be) the (amount|cost|price|budget|total)|what amount|مبلغ|تكلفه|قيمه|سعر)\b"),
    ("quantity", r"\b(quel(le)? (est |sera |etait )?(la |l' ?)?(capacite|superficie|taille|vitesse|quantite|surface|duree|distance)"
                 r"|combien de (tonnes|kilometres|metres|temps)|(what|which) (is|will be|was)? ?(the )?\w* ?(capacity|size|length|speed)"
                 r"|how (long|far|big|large|fast)|طاقه|سعه|مساحه|قدره)\b"),
    ("count", r"\b(combien|quel (est le )?nombre|how many|what number|number of|كم|عدد)\b"),
    ("place", r"(^|\b)(ou (est|sont|se|sera|seront|va|ont|a|doit|peut|trouve)|dans quel(le)? (ville|pays|region|lieu|zone|endroit)"
              r"|a quel endroit|quel(le)? (est (la|le) )?(ville|pays|region|lieu)|where|(in )?(which|what) (city|country|town|region|place)"
              r"|اين|في اي (مدينه|بلد|منطقه))\b"),
    ("person", r"\b(qui (est|a|ont|sont|sera|dirige|etait)|quelle? (personne|entreprise|societe|groupe)|who|whom"
               r"|which (company|group|firm|person)|من (هو|هي)|اي شركه)\b"),
)
# Words that ask or join, and say nothing of what is asked about; folded.
EMPTY_WORDS = frozenset(
    "a ai as au aux avec ce ces cet cette combien comment d dans de des donc du elle elles en est et etait ete etre eu font fait "
    "faire faut il ils j je l la le les leur leurs lequel laquelle lesquels lesquelles m ma mais me mes mon n ne nos notre nous on "
    "ont ou par pas peut peuvent plus pour pourquoi qu quand que quel quelle quels quelles qui quoi s sa sans se sera seront ses "
    "si son sont sur t ta te tes ton tu un une va vers vont vos votre vous y "
    "about after all also am an and any are at be been being but by can could did do does for from had has have he her his how i "
    "if in into is it its many may much my no not of on or our she should so some than that the their them then there these they "
    "this to under was we were what when where which while who whom whose why will with would you your "
    "من الي علي في عن هل ما ماذا متي اين كيف كم لماذا هو هي هذا هذه ذلك تلك التي الذي ان او ثم لا لم لن قد كان كانت يكون سيكون مع اي و ب ل".split()
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
