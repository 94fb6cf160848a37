"""The doors of HTTP: requests -> admission, and the renewal of a visit.

In: requests. Out: the visitor who sent one, a new token, or a problem. A token comes as `Authorization: Bearer`.
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from trustbot.web.auth.admission import Activity, Admission, address_of, bearer
from trustbot.web.auth.tokens import Visitor
from trustbot.web.http.bodies import parse, read_json

SIGNED: Any = Depends(
    HTTPBearer(
        auto_error=False,
        scheme_name="visitor",
        bearerFormat="JWT",
        description="A visitor’s token, signed by a portal; optional unless the server answers signed visitors only.",
    )
)
"""Says in the published schema that a route takes a token; what checks it is `admitted`."""


async def admitted(admission: Admission, request: Request, activity: Activity = "question") -> Visitor | None:
    """The visitor who sent a request, None for an anonymous one; raises what `Admission.admit` raises."""
    address = address_of(request.client, request.headers)
    return await run_in_threadpool(admission.admit, bearer(request.headers), address, activity)


class RenewalRequest(BaseModel):
    """The token of a visit that this server let in itself."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str


def add_renewal(app: FastAPI, admission: Admission) -> None:
    """Add `POST /widget/visit`, which renews the token of a visit, also where it has run out."""

    @app.post("/widget/visit", include_in_schema=False)
    async def visit(request: Request) -> JSONResponse:
        body = parse(RenewalRequest, await read_json(request))
        address = address_of(request.client, request.headers)
        renewed = await run_in_threadpool(admission.renew, body.token, address)
        return JSONResponse({"token": renewed}, headers={"Cache-Control": "no-store"})
