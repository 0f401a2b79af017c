"""Compares ways to fuse the two legs of a search, on held-back questions of `train/`. `make tune-fusion`.

Each set's passages are indexed as the service does it, and each leg's ranking is taken once; every way of fusing is
then computed from the same rankings. What the table says goes into `index/fusion.py` by hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import click
from msgspec import Struct
from sklearn.linear_model import LogisticRegression

from index.documents import Document
from index.fusion import fuse, scaled
from index.ingest import text_document
from index.library import CANDIDATES, Library
from qa.engine import open_embedder
from qa.settings import load_settings
from qa.training.corpora import Passage, all_passages, held_back

SETS = (
    "piaf_fr",
    "squad_en_v1",
    "squad_es_v1",
    "squad_it",
    "arcd_ar",
    "xquad_de",
    "xquad_ar",
)
QUESTIONS = 300  # of a set
OTHERS = 900  # passages of a set beside those that are held back, at most
RANK = 60  # the constant of reciprocal rank fusion

Ranking = Sequence[tuple[int, float]]
Fusion = Callable[[Ranking, Ranking], list[tuple[int, float]]]


class Legs(Struct, frozen=True):
    """The rankings of one question, and the chunks of the passage that answers it."""

    asked: str
    dense: list[tuple[int, float]]
    lexical: list[tuple[int, float]]
    right: set[int]


def reciprocal(dense: Ranking, lexical: Ranking) -> list[tuple[int, float]]:
    """Reciprocal rank fusion (Cormack et al., 2009)."""
    scores: dict[int, float] = {}
    for ranking in (dense, lexical):
        for rank, (key, _) in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (RANK + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def weighted(weight: float) -> Fusion:
    """The service's own fusion, with another weight of the dense leg."""
    return lambda dense, lexical: fuse(dense, lexical, lambda _: weight)


FUSIONS: dict[str, Fusion] = {
    "lexical alone": lambda _, lexical: list(lexical),
    "dense alone": lambda dense, _: list(dense),
    "reciprocal rank": reciprocal,
    **{f"min-max, dense {weight}": weighted(weight) for weight in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)},
}


def features(dense: Ranking, lexical: Ranking) -> dict[int, list[float]]:
    """Of each candidate: its scaled score in each leg, their product, its reciprocal rank in each leg, its cosine."""
    rows = {}
    one, other, cosine = scaled(dense), scaled(lexical), dict(dense)
    ranks = [{key: 1 / rank for rank, (key, _) in enumerate(leg, 1)} for leg in (dense, lexical)]
    for key in one | other:
        a, b = one.get(key, 0.0), other.get(key, 0.0)
        rows[key] = [a, b, a * b, *(leg.get(key, 0.0) for leg in ranks), cosine.get(key, dense[-1][1])]
    return rows


def learned(found: Sequence[Legs]) -> Fusion:
    """A logistic model of which candidate is right, fitted on these questions."""
    x, y = [], []
    for legs in found:
        for key, row in features(legs.dense, legs.lexical).items():
            x.append(row)
            y.append(key in legs.right)
    model = LogisticRegression(max_iter=1000, class_weight="balanced").fit(x, y)

    def ranking(dense: Ranking, lexical: Ranking) -> list[tuple[int, float]]:
        rows = features(dense, lexical)
        scores = zip(rows, model.decision_function(list(rows.values())), strict=True)
        return sorted(((key, float(score)) for key, score in scores), key=lambda item: (-item[1], item[0]))

    return ranking


def legs_of(name: str, passages: Sequence[Passage], english: dict[str, str], library: Library) -> Iterator[Legs]:
    """The rankings of a set's held-back questions, and of their English originals where there are any."""
    texts = {text: f"{name}-{n}" for n, text in enumerate(dict.fromkeys(p.text for p in passages))}
    documents = {
        p.text: Document(texts[p.text], p.article.replace("_", " "), p.text, language=p.language) for p in passages
    }
    for _ in library.add([text_document(document) for document in documents.values()]):
        pass
    library.publish()
    asked = [
        (question, key, texts[passage.text])
        for passage in passages
        if held_back(passage.article)
        for question, key in zip(passage.questions, passage.ids, strict=True)
    ]
    asked = Random(0).sample(asked, min(QUESTIONS, len(asked)))
    crossed = [(english[key], key, answer) for _, key, answer in asked if key in english]
    generation, store = library.generation, library.store
    owner = {key: one.document_id for key, one, _ in store.chunks(store.indexed_ids())}
    for label, questions in ((name, asked), (f"en on {name}", crossed)):
        for question, _, answer in questions:
            dense = generation.dense.search(library.embedder.encode([question], "question")[0], CANDIDATES)
            lexical = generation.lexical.search(question, CANDIDATES)
            yield Legs(label, dense, lexical, {key for key, _ in [*dense, *lexical] if owner[key] == answer})


def recall(found: Sequence[Legs], fusion: Fusion, k: int) -> float:
    """Share of the questions with a right passage among the first k."""
    hits = [any(key in legs.right for key, _ in fusion(legs.dense, legs.lexical)[:k]) for legs in found]
    return sum(hits) / len(hits)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder of training data.")
def main(data: Path) -> None:
    """Print recall@1 and recall@5 of each way to fuse, for each set."""
    if not (data / "train").is_dir():
        raise click.UsageError(f"There is no folder {data / 'train'}: name the one that holds train/ with --data.")
    model = open_embedder(load_settings())
    everything = all_passages(data)
    english = {key: q for p in everything if p.language == "en" for key, q in zip(p.ids, p.questions, strict=True)}
    found: dict[str, list[Legs]] = {}
    for name in SETS:
        mine = sorted((p for p in everything if p.set == name), key=lambda p: not held_back(p.article))
        passages = mine[: sum(held_back(p.article) for p in mine) + OTHERS]
        others = {} if passages[0].language == "en" else english
        with tempfile.TemporaryDirectory() as folder:
            library = Library(Path(folder), model)
            for legs in legs_of(name, passages, others, library):
                found.setdefault(legs.asked, []).append(legs)
            library.close()
        click.echo(f"{name}: {len(passages)} passages", err=True)
    for label, fusion in FUSIONS.items():
        values = [(recall(legs, fusion, 1), recall(legs, fusion, 5)) for legs in found.values()]
        mean = [sum(column) / len(values) for column in zip(*values, strict=True)]
        click.echo(f"{label:20} mean {mean[0]:.3f} {mean[1]:.3f}  " + "  ".join(f"{a:.3f} {b:.3f}" for a, b in values))
    # Every second question is ranked by a model of the others, so that none is ranked by one that saw it.
    halves = [[one for legs in found.values() for one in legs[half::2]] for half in (0, 1)]
    models = [learned(halves[1]), learned(halves[0])]
    halved = [
        [sum(recall(legs[half::2], models[half], k) for half in (0, 1)) / 2 for k in (1, 5)] for legs in found.values()
    ]
    click.echo(f"{'learned':20} " + "  ".join(f"{a:.3f} {b:.3f}" for a, b in halved))
    click.echo(", ".join(f"{name} ({len(legs)})" for name, legs in found.items()))


if __name__ == "__main__":
    main()
