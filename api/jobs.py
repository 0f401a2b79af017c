"""Jobs over HTTP: where one stands, now or as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from litestar import Router, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.problems import problems
from index.jobs import Jobs
from index.progress import UNFINISHED, Follower, Job

PERIOD = 0.2  # seconds between looks at the job, and so between events
HEARTBEAT = 15.0  # seconds after which a silent stream says that it is alive


@get("/jobs/{job_id:str}", sync_to_thread=True, summary="Where a job stands", responses=problems(400, 404))
def describe_job(job_id: FromPath[str], jobs: NamedDependency[Jobs]) -> Job:
    """Its state, how far it is, and what became of each file."""
    return jobs.job(job_id)


@get("/jobs/{job_id:str}/events", summary="Follow a job", responses=problems(400, 404))
async def follow_job(job_id: FromPath[str], jobs: NamedDependency[Jobs]) -> ServerSentEvent:
    """The same as Server-Sent Events, at most one a period, until the job is done or failed.

    The first event and the last are whole. Those between have in `files` only what is new since the event before.
    """
    await sync_to_thread(jobs.progress, job_id)
    return ServerSentEvent(events(jobs.follow(job_id)))


async def events(follower: Follower) -> AsyncIterator[ServerSentEventMessage]:
    """A message for each look that finds something new."""
    silent, state = 0.0, "queued"
    while True:
        job = await sync_to_thread(follower.look)
        if job:
            silent, state = 0.0, job.state
            yield ServerSentEventMessage(msgspec.json.encode(job).decode(), event="job")
        elif silent >= HEARTBEAT:
            silent = 0.0
            yield ServerSentEventMessage(comment="still there")
        if state not in UNFINISHED:
            return
        silent += PERIOD
        await asyncio.sleep(PERIOD)


router = Router("/v1", route_handlers=[describe_job, follow_job], tags=["write"])
