"""The command line: `extrait ask | search | documents | verify`, and the commands that other modules add.

Commands of other packages (serve, eval) are found by the entry points "extrait.commands", so that this module knows
neither `api` nor `eval`. Results go to standard output, progress to standard error; `--json` prints one JSON document
last.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Any

import click
import msgspec

from qa.console import as_json, filled_engine, in_collection, open_store, print_json, reported
from qa.intake import ingest
from qa.upkeep import duplicates, purge, rebuild, rollback

PLUGINS = "extrait.commands"


class Commands(click.Group):
    """The commands of this module, and those that entry points name; these are imported when they are run."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *(point.name for point in entry_points(group=PLUGINS))})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if own := super().get_command(context, name):
            return own
        return next((point.load() for point in entry_points(group=PLUGINS, name=name)), None)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="extrait")
def main() -> None:
    """Ask your documents; get exact quotes, or an honest "the documents do not say"."""


for command in (ingest, rebuild, rollback, purge, duplicates):
    main.add_command(command)


@main.command()
@click.argument("question")
@in_collection
@click.option("--top-k", default=8, show_default=True, help="Passages to read.")
@click.option("--min-confidence", type=float, help="Below it, no answer (0 to 1).")
@as_json
@reported
def ask(question: str, collection: str | None, top_k: int, min_confidence: float | None, json_wanted: bool) -> None:
    """Answer a question with a quote."""
    from qa.answers import Answer  # noqa: PLC0415

    reply = filled_engine().answer(question, collection, None, top_k, min_confidence)
    if json_wanted:
        print_json(reply)
    elif isinstance(reply, Answer):
        click.echo(f"{click.style(reply.text, bold=True)}   (confidence {reply.confidence:.0%})\n")
        for number, citation in enumerate(reply.citations, 1):
            print_citation(number, citation)
    else:
        click.echo("The documents do not say." + (" The closest passages:\n" if reply.closest else ""))
        for number, citation in enumerate(reply.closest, 1):
            print_citation(number, citation)


def print_citation(number: int, citation: Any) -> None:
    page = f", page {citation.page}" if citation.page else ""
    click.echo(
        f"[{number}] « {citation.quote} »\n    {citation.title} ({citation.document_id}{page}, "
        f"{citation.start}-{citation.end})"
    )
    for place in citation.also_in:
        click.echo(
            f"    also in {place.title} ({place.document_id}, {place.start}-{place.end}, "
            f"{place.similarity:.0%} the same)"
        )
    if citation.also_in_total > len(citation.also_in):
        click.echo(f"    and in {citation.also_in_total - len(citation.also_in):,} other places")


@main.command()
@click.argument("question")
@in_collection
@click.option("-k", default=5, show_default=True, help="How many passages.")
@as_json
@reported
def search(question: str, collection: str | None, k: int, json_wanted: bool) -> None:
    """Find the passages nearest to a question."""
    passages = filled_engine().search(question, k, collection)
    if json_wanted:
        print_json(
            {
                "passages": [
                    {
                        "document_id": p.document.id,
                        "revision": p.chunk.revision,
                        "title": p.document.title,
                        "page": p.chunk.page,
                        "start": p.start,
                        "end": p.end,
                        "text": p.document.text[p.start : p.end],
                        "score": p.score,
                    }
                    for p in passages
                ]
            }
        )
        return
    for number, p in enumerate(passages, 1):
        click.echo(
            f"[{number}] {p.score:.2f}  {p.document.title} ({p.document.id}, {p.start}-{p.end})\n"
            f"    {' '.join(p.document.text[p.start : p.end].split())}"
        )


@main.command()
@in_collection
@as_json
@reported
def documents(collection: str | None, json_wanted: bool) -> None:
    """List the documents. Loads no model."""
    found, cursor, store = [], "", open_store()
    while page := store.documents(collection, 500, cursor):
        found += page
        cursor = page[-1][0].id
    if json_wanted:
        print_json(
            [
                {
                    "id": d.id,
                    "title": d.title,
                    "uri": d.uri,
                    "collection": d.collection,
                    "language": d.language,
                    "length": length,
                }
                for d, length in found
            ]
        )
        return
    for document, length in found:
        click.echo(f"{document.id}\t{document.collection}\t{document.language or '-'}\t{length}\t{document.title}")


@main.command()
@click.argument("file", type=click.File("rb"), default="-")
@as_json
@reported
def verify(file: Any, json_wanted: bool) -> None:
    """Check the citations of a reply (JSON, as `ask --json` prints it). Exits with 1 when one does not hold."""
    from qa.citations import Cited  # noqa: PLC0415
    from qa.citations import verify as check  # noqa: PLC0415

    try:
        reply = msgspec.json.decode(file.read(), type=Cited)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise click.UsageError(f"The file holds no reply: {error}. Give what `extrait ask --json` printed.") from error
    if not reply.all():
        raise click.UsageError(
            "The reply cites nothing, so there is nothing to check. Give what `extrait ask --json` printed."
        )
    store = open_store()
    verdicts = [check(one, store.document(one.document_id, one.revision)) for one in reply.all()]
    store.close()
    if json_wanted:
        print_json({"results": verdicts})
    else:
        for number, verdict in enumerate(verdicts, 1):
            click.echo(f"[{number}] " + ("valid" if verdict.valid else "; ".join(verdict.differences)))
    sys.exit(0 if all(verdict.valid for verdict in verdicts) else 1)
