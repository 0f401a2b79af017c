"""The words that carry a question. Knows nothing of passages or answers."""

from __future__ import annotations

from index.text import words

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


def key_of(word: str) -> str:
    """A form that a word shares with its inflections: its first letters, without the Arabic article."""
    word = word.removeprefix("ال") if len(word) > 4 else word
    return word[:5]


def content_keys(text: str) -> list[str]:
    """The keys of the words of a text that carry meaning, in order."""
    return [key_of(word) for word in words(text) if word not in EMPTY_WORDS]
