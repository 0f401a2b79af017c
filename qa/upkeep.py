"""The commands of the owner of a library: `extrait rebuild | rollback | purge | duplicates`. They load no model."""

from __future__ import annotations

import click

from qa.console import as_json, data_folder, in_collection, open_store, print_json, reported


@click.command()
@as_json
@reported
def rebuild(json_wanted: bool) -> None:
    """Make the index anew from the database, whatever became of its files. Embeds nothing."""
    from index.publishing import Publisher  # noqa: PLC0415 - `extrait --help` starts fast

    publisher = Publisher(data_folder())
    number = publisher.rebuild()
    chunks = publisher.generation.manifest.chunks
    if json_wanted:
        print_json({"generation": number, "chunks": chunks})
    else:
        click.echo(f"generation {number}: {chunks} chunks")


@click.command()
@as_json
@reported
def rollback(json_wanted: bool) -> None:
    """Search the generation before the current one, until the next write or `extrait rebuild`."""
    from index.publishing import Publisher  # noqa: PLC0415

    publisher = Publisher(data_folder())
    number = publisher.roll_back()
    chunks = publisher.generation.manifest.chunks
    if json_wanted:
        print_json({"generation": number, "chunks": chunks})
    else:
        click.echo(f"generation {number} is as the one before: {chunks} chunks. `extrait rebuild` goes forward again.")


@click.command()
@click.argument("document_id", default="")
@as_json
@reported
def purge(document_id: str, json_wanted: bool) -> None:
    """Remove the older revisions of a document, or of all, with every word of them.

    Citations of these revisions can then not be checked any more.
    """
    from index.publishing import Publisher  # noqa: PLC0415

    purged = Publisher(data_folder()).purge(document_id)
    if json_wanted:
        print_json({"purged": purged})
    else:
        click.echo(f"{purged} older revisions removed")


@click.command()
@in_collection
@as_json
@reported
def duplicates(collection: str | None, json_wanted: bool) -> None:
    """List the paragraphs that stand in several documents, equal or nearly, with their similarity to the first."""
    from index.copies import copies  # noqa: PLC0415

    store = open_store()
    found = copies(store.connection, collection)
    if json_wanted:
        print_json({"clusters": list(found)})
        return
    clusters = places = 0
    for cluster in found:
        clusters, places = clusters + 1, places + len(cluster.places)
        click.echo(f"« {' '.join(cluster.text.split())[:160]} »")
        for place in cluster.places:
            click.echo(f"    {place.similarity:7.1%}  {place.title} ({place.document_id}, {place.start}-{place.end})")
    click.echo(f"{clusters} paragraphs stand in several documents, at {places} places")
