"""The errors that Extrait raises, as a tree. Each message gives the value and the remedy.

ExtraitError
├── DocumentError          one file or text cannot be taken in; the others go on
│   ├── UnsupportedFormat  its content is of no kind that a loader reads
│   ├── EncryptedFile      it needs a password
│   ├── MalformedFile      it says it is of a kind, and is broken
│   ├── EmptyText          it holds no text (an empty file, a scan without text)
│   └── TooLarge           it is over a limit
├── NotFound               a document, revision, collection or job that is not there
├── InvalidRequest         a question, filter or setting that cannot be used
└── IndexFault             what is on disk does not fit what is running
    ├── ManifestMismatch   another embedder, tokenizer or format made this index
    ├── DamagedIndex       a file of the index is torn or foreign
    └── ChunkTooLong       a chunk that the embedder would cut short
"""

import sqlite3

OUTAGES = (sqlite3.Error, OSError)  # the database, the disk
# What a defect of ours, or of a library that reads files, raises: it costs one file or one job, never the service.
DEFECTS = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


class ExtraitError(Exception):
    """Base of all of them; `str(error)` is a sentence for the user."""


class DocumentError(ExtraitError):
    """One file or text cannot be taken in."""


class UnsupportedFormat(DocumentError):
    """Its content is of no kind that a loader reads."""


class EncryptedFile(DocumentError):
    """It needs a password."""


class MalformedFile(DocumentError):
    """It says it is of a kind, and is broken."""


class EmptyText(DocumentError):
    """It holds no text."""


class TooLarge(DocumentError):
    """It is over a limit."""


class NotFound(ExtraitError):
    """A document, revision, collection or job that is not there."""


class InvalidRequest(ExtraitError):
    """A question, filter or setting that cannot be used."""


class IndexFault(ExtraitError):
    """What is on disk does not fit what is running."""


class ManifestMismatch(IndexFault):
    """Another embedder, tokenizer or format made this index."""


class DamagedIndex(IndexFault):
    """A file of the index is torn or foreign."""


class ChunkTooLong(IndexFault):
    """A chunk that the embedder would cut short."""
