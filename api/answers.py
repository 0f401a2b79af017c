"""Asking: answers, search, verification, feedback. No retrieval logic: the engine does the work, off the event loop."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from msgspec import Meta, Struct, field

from api.problems import problems
from index.documents import MetadataValue
from index.errors import InvalidRequest
from index.jobs import Jobs
from qa.answers import Reply
from qa.citations import Citation, Verdict, verify
from qa.engine import MAX_QUESTION, TOP_K, Engine

MAX_BODY = 64_000  # bytes of a question with its filters
MAX_CITATIONS_BODY = 2_000_000
MAX_COMMENT = 4_000

Question = Annotated[str, Meta(description=f"At most {MAX_QUESTION} characters.", examples=["Combien d'emplois ?"])]
Filters = dict[str, MetadataValue]


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """A question. `filters` are metadata that documents must have; `top_k` is how many passages are read."""

    question: Question
    collection: str | None = None
    filters: Filters = field(default_factory=dict)
    top_k: Annotated[int, Meta(ge=1, le=50)] = TOP_K
    min_confidence: Annotated[float, Meta(ge=0, le=1)] | None = None


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """A question for passages alone."""

    question: Question
    k: Annotated[int, Meta(ge=1, le=50)] = 10
    collection: str | None = None
    filters: Filters = field(default_factory=dict)


class FoundPassage(Struct, frozen=True):
    """A passage with its words."""

    document_id: str
    revision: str
    title: str
    page: int
    start: int
    end: int
    text: str
    score: float


class FoundPassages(Struct, frozen=True):
    """Passages, best first; scores compare within this list only."""

    passages: list[FoundPassage]


class Citations(Struct, frozen=True):
    """Citations as a reply gave them."""

    citations: Annotated[list[Citation], Meta(max_length=100)]


class Verdicts(Struct, frozen=True):
    """A verdict for each citation, in the same order."""

    results: list[Verdict]


class Feedback(Struct, frozen=True):
    """What somebody thought of a reply."""

    question: Question
    reply: Reply
    helpful: bool
    comment: Annotated[str, Meta(max_length=MAX_COMMENT)] = ""


class FeedbackReceipt(Struct, frozen=True):
    """The feedback was kept."""

    feedback_id: str


@post(
    "/answers",
    status_code=200,
    sync_to_thread=True,
    request_max_body_size=MAX_BODY,
    summary="Answer a question with a quote",
    responses=problems(400, 401, 403, 404, 413, 429, 503),
)
def answer(data: JSONBody[Ask], engine: NamedDependency[Engine]) -> Reply:
    """An answer cut from the documents, with citations; or no answer, with the closest passages."""
    return engine.answer(data.question, data.collection, data.filters, data.top_k, data.min_confidence)


@post(
    "/search",
    status_code=200,
    sync_to_thread=True,
    request_max_body_size=MAX_BODY,
    summary="Find passages",
    responses=problems(400, 404, 413, 503),
)
def search(data: JSONBody[Search], engine: NamedDependency[Engine]) -> FoundPassages:
    """The passages that are nearest to a question, without repetitions."""
    found = engine.search(data.question, data.k, data.collection, data.filters)
    return FoundPassages(
        [
            FoundPassage(
                p.document.id,
                p.chunk.revision,
                p.document.title,
                p.chunk.page,
                p.start,
                p.end,
                p.document.text[p.start : p.end],
                p.score,
            )
            for p in found
        ]
    )


@post(
    "/verify",
    status_code=200,
    sync_to_thread=True,
    request_max_body_size=MAX_CITATIONS_BODY,
    summary="Check citations",
    responses=problems(400, 413, 503),
)
def verify_citations(data: JSONBody[Citations], engine: NamedDependency[Engine]) -> Verdicts:
    """Cuts each quote again from the revision that it cites, and says what differs."""
    find = engine.library.store.document
    return Verdicts([verify(citation, find(citation.document_id, citation.revision)) for citation in data.citations])


@post(
    "/feedback",
    status_code=201,
    sync_to_thread=True,
    request_max_body_size=MAX_CITATIONS_BODY,
    summary="Say whether a reply helped",
    responses=problems(400, 401, 403, 413, 429),
)
def keep_feedback(data: JSONBody[Feedback], jobs: NamedDependency[Jobs]) -> FeedbackReceipt:
    """Keeps it on this machine, for the owner to read."""
    if len(data.question) > MAX_QUESTION:
        raise InvalidRequest(f"The question has {len(data.question):,} characters; the most is {MAX_QUESTION:,}.")
    reply = msgspec.json.encode(data.reply).decode()
    return FeedbackReceipt(jobs.keep_feedback(data.question, reply, data.helpful, data.comment))


async def read_body(request: Request[Any, Any, Any]) -> None:
    """Reads the JSON before its type is looked at: bytes that are no text, or endless nesting, are bad requests too."""
    try:
        msgspec.json.decode(await request.body())
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise ClientException(str(error)) from error
    except RecursionError as error:
        raise ClientException("it is nested too deeply") from error


router = Router(
    "/v1", before_request=read_body, route_handlers=[answer, search, verify_citations, keep_feedback], tags=["ask"]
)
