"""Documents over HTTP: put in (as a job), listed, read, deleted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, Router, delete, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta, Struct, field

from api.problems import problems
from index.documents import DEFAULT_COLLECTION, Document, Heading, MetadataValue, Page
from index.errors import InvalidRequest
from index.jobs import Jobs, Upload
from index.library import Library
from index.text import canonical

MAX_FILES = 1_000
Id = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^(?!\.{1,2}(?![\s\S]))[^\s/?#\x00-\x1f]+(?![\s\S])")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Metadata = Annotated[dict[Name, Annotated[str, Meta(max_length=1_000)] | int | float], Meta(max_length=50)]


class NewDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to take in. With the `id` of an older one it replaces that one whole."""

    text: str
    id: Id | None = None
    title: Annotated[str, Meta(max_length=500)] = ""
    uri: Annotated[str, Meta(max_length=2_000)] = ""
    collection: Name = DEFAULT_COLLECTION
    metadata: Metadata = field(default_factory=dict)


class NewDocuments(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts to take in."""

    documents: Annotated[list[NewDocument], Meta(min_length=1, max_length=MAX_FILES)]


class Accepted(Struct, frozen=True):
    """The documents are on the disk; the job at `url` says when they can be asked about."""

    job_id: str
    url: str


class DocumentSummary(Struct, frozen=True):
    """A document without its text. `length` is in code points."""

    id: str
    title: str
    revision: str
    length: int
    uri: str
    media_type: str
    language: str
    collection: str
    pages: tuple[Page, ...]
    headings: tuple[Heading, ...]
    metadata: dict[str, MetadataValue]


class DocumentPage(Struct, frozen=True):
    """Documents ordered by id; `cursor` asks for the next page and is "" on the last."""

    documents: list[DocumentSummary]
    cursor: str


class Deleted(Struct, frozen=True):
    """From now on no search, answer, cache or list of duplicates returns it. `generation` is the index without it."""

    document_id: str
    deleted: bool
    generation: int


class IngestOperation(Operation):
    """The two bodies that POST /v1/documents takes, which no one type can say."""

    def __post_init__(self) -> None:
        text = Schema(type=OpenAPIType.STRING)
        file = Schema(type=OpenAPIType.STRING, format="binary")  # type: ignore[arg-type]
        document = Schema(
            type=OpenAPIType.OBJECT,
            required=["text"],
            properties={
                "id": text,
                "title": text,
                "text": text,
                "uri": text,
                "collection": text,
                "metadata": Schema(type=OpenAPIType.OBJECT),
            },
        )
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=["files"],
                        properties={
                            "files": Schema(type=OpenAPIType.ARRAY, items=file),
                            "collection": text,
                            "metadata": Schema(type=OpenAPIType.STRING, description="A JSON object."),
                        },
                    )
                ),
                "application/json": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=["documents"],
                        properties={"documents": Schema(type=OpenAPIType.ARRAY, items=document)},
                    )
                ),
            },
        )


@post(
    "/documents",
    status_code=202,
    operation_class=IngestOperation,
    summary="Put documents in",
    tags=["write"],
    responses={202: ResponseSpec(Accepted, generate_examples=False), **problems(400, 413)},
)
async def ingest_documents(
    request: Request[Any, Any, Any], jobs: NamedDependency[Jobs], library: NamedDependency[Library]
) -> Response[Accepted]:
    """Files (multipart, field `files`) or texts (JSON). Replies once they are safe on the disk."""
    kind = request.content_type[0]
    items = await (read_json(request) if kind == "application/json" else read_form(request))
    job_id = await sync_to_thread(lambda: jobs.submit(items, library.store.changes))
    url = f"/v1/jobs/{job_id}"
    return Response(Accepted(job_id, url), status_code=202, headers={"Location": url})


async def read_json(request: Request[Any, Any, Any]) -> list[Upload | Document]:
    """The texts in a JSON body."""
    try:
        body = msgspec.json.decode(await request.body(), type=NewDocuments)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ClientException(str(error)) from error
    except RecursionError as error:
        raise ClientException("it is nested too deeply") from error
    return [
        Document(
            new.id or "",
            new.title,
            canonical(new.text),
            new.uri,
            metadata=dict(new.metadata),
            collection=new.collection,
        )
        for new in body.documents
    ]


async def read_form(request: Request[Any, Any, Any]) -> list[Upload | Document]:
    """The files in a multipart body."""
    form = await request.form()
    files = [file for file in form.getall("files", []) if isinstance(file, UploadFile)]
    if not files:
        raise InvalidRequest(
            "There is no file in the request: send multipart/form-data with one or more fields named "
            '"files", or JSON {"documents": [{"text": ...}]} with Content-Type: application/json.'
        )
    if len(files) > MAX_FILES:
        raise InvalidRequest(f"There are {len(files):,} files in the request; the most is {MAX_FILES:,}.")
    try:
        metadata = msgspec.convert(msgspec.json.decode(str(form.get("metadata") or "{}")), Metadata)
        collection = msgspec.convert(form.get("collection") or DEFAULT_COLLECTION, Name)
    except msgspec.MsgspecError as error:
        raise InvalidRequest(
            f"The fields beside the files do not fit: {error}. `collection` is a name, and `metadata` "
            "a JSON object of strings and numbers."
        ) from error
    return [Upload(file.filename or "file", await file.read(), collection, metadata) for file in files]


@get("/documents", sync_to_thread=True, summary="List documents", tags=["read"], responses=problems(400, 404))
def list_documents(
    library: NamedDependency[Library],
    collection: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
    cursor: FromQuery[str] = "",
) -> DocumentPage:
    """Documents ordered by id, of one collection or of all."""
    library.visible(collection, {})
    found = library.store.documents(collection, limit + 1, cursor)
    shown = [summary(document, library.store.revision(document.id), length) for document, length in found[:limit]]
    return DocumentPage(shown, shown[-1].id if len(found) > limit else "")


@get(
    "/documents/{document_id:str}",
    sync_to_thread=True,
    summary="Describe a document",
    tags=["read"],
    responses=problems(400, 404),
)
def describe_document(document_id: FromPath[str], library: NamedDependency[Library]) -> DocumentSummary:
    """All but its text."""
    document = library.document(document_id)
    return summary(document, document.revision, len(document.text))


@get(
    "/documents/{document_id:str}/text",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    summary="Read a document",
    tags=["read"],
    responses=problems(400, 404),
)
def read_document(document_id: FromPath[str], library: NamedDependency[Library], revision: FromQuery[str] = "") -> str:
    """The canonical text, which the offsets of citations count in, at the current revision or an older one."""
    return library.document(document_id, revision).text


@delete(
    "/documents/{document_id:str}",
    status_code=200,
    sync_to_thread=True,
    summary="Delete a document",
    tags=["write"],
    responses=problems(400, 404),
)
def delete_document(document_id: FromPath[str], library: NamedDependency[Library]) -> Deleted:
    """Removes its text, its revisions, and all that was made of them."""
    library.delete(document_id)
    return Deleted(document_id, True, library.generation.manifest.number)


def summary(document: Document, revision: str, length: int) -> DocumentSummary:
    """A document without its text."""
    return DocumentSummary(
        document.id,
        document.title,
        revision,
        length,
        document.shown_uri,
        document.media_type,
        document.language,
        document.collection,
        document.pages,
        document.headings,
        document.metadata,
    )


async def refuse_cross_site(request: Request[Any, Any, Any]) -> None:
    """A form on a foreign page could put documents in, unasked; browsers say where a request comes from."""
    if request.method != "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        raise PermissionDeniedException("A page of another site may not change the library.")


router = Router(
    "/v1",
    before_request=refuse_cross_site,
    route_handlers=[list_documents, describe_document, read_document, ingest_documents, delete_document],
)
