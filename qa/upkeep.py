"""The commands of the owner of a library: `extrait rebuild | rollback | purge | duplicates`.

They load no model, but for `extrait rebuild --embed`, which loads the embedder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qa.console import as_json, data_folder, embedder, in_collection, open_store, print_json, progress_bar, reported

if TYPE_CHECKING:
    from index.publishing import Publisher


@click.command()
@click.option("--embed", is_flag=True, help="Embed every text anew, by the embedder that the settings name.")
@as_json
@reported
def rebuild(embed: bool, json_wanted: bool) -> None:
    """Make the index anew from the database, whatever became of its files.

    Embeds nothing, unless it is to --embed: then the texts that the library holds are cut and embedded anew, for a
    library that another embedder made. What is interrupted goes on when it is run again; until the end, the library is
    as it was.
    """
    from index.publishing import Publisher  # noqa: PLC0415 - `extrait --help` starts fast

    publisher = Publisher(data_folder())
    if embed:
        embed_anew(publisher)
    else:
        publisher.rebuild()
    manifest = publisher.generation.manifest
    if json_wanted:
        print_json({"generation": manifest.number, "chunks": manifest.chunks})
    else:
        click.echo(f"generation {manifest.number}: {manifest.chunks} chunks")


def embed_anew(publisher: Publisher) -> None:
    """Sees it through, and tells of each document."""
    from index.cutter import Cutter  # noqa: PLC0415
    from index.renewal import renew  # noqa: PLC0415

    cutter = Cutter(embedder())
    with progress_bar() as progress:
        task = progress.add_task("embedding", total=None)
        try:
            for one in renew(publisher, cutter):
                progress.update(task, completed=one.done, total=one.total)
                if not progress.console.is_terminal:
                    click.echo(f"embedded: {one.name}", err=True)
        except KeyboardInterrupt:
            click.echo("interrupted: the library is as it was; the same command goes on from here", err=True)
            raise


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
