"""From scores of documents and passages to candidates: what every search engine here does in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rag.index import Candidate, bm25
from rag.index.postings import Collection, Numbers
from rag.protocols import Vectors

# What a standard deviation of cosine weighs beside a full match of words in the choice of the passage to show.
_SHOWN_DENSE = 0.02


def candidates(
    collection: Collection,
    documents: Numbers,
    known: Mapping[int, tuple[str, str]],
    lexical: bm25.LexicalScores,
    cosines_of: Callable[[Numbers], Vectors],
) -> tuple[Candidate, ...]:
    """Score every passage of `documents` (places in the collection, ascending) and gather the scores by document.

    `known` has article id and date by document number. `cosines_of` is given passage numbers and returns a row for
    each: its cosines with the question's vectors in standard deviations.
    """
    if not len(documents):
        return ()
    places = np.flatnonzero(np.isin(collection.document, documents))
    cosines = cosines_of(collection.passages[places])
    firsts = np.searchsorted(collection.document[places], documents)
    dense = (cosines[firsts] + np.maximum.reduceat(cosines, firsts, axis=0)).mean(axis=1) / 2
    words = lexical.passages[places]
    passage = np.maximum.reduceat(words, firsts)
    # The passage to show is the best by words and vectors together.
    shown = words + _SHOWN_DENSE * cosines.mean(axis=1)
    order = np.lexsort((-shown, collection.document[places]))
    best = collection.passages[places[order[firsts]]]
    return tuple(
        Candidate(*known[int(collection.documents[document])], int(best[at]), *map(float, scores))
        for at, (document, *scores) in enumerate(
            zip(
                documents,
                dense,
                lexical.words[documents],
                lexical.grams[documents],
                lexical.phrases[documents],
                passage,
                strict=True,
            )
        )
    )
