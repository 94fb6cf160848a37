"""`/widget/status`: whether the page that asks may show the widget.

In: a corpus's id, and the origin that the browser sends along. Out: yes, or a sentence for the coordinator. Every page
may ask: the answer holds nothing that a frame which stays empty wouldn't tell, and without it nobody would know why.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from trustbot.web.widget.access import Access

ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""What a page of any origin may load."""


def add_widget_status(app: FastAPI, access: Access) -> None:
    """Add the route."""

    @app.get("/widget/status", include_in_schema=False)
    async def status(request: Request, corpus: str = "") -> JSONResponse:
        standing = access.standing(corpus, request.headers.get("origin"))
        told: dict[str, object] = {"open": standing.open}
        if not standing.open:
            told |= {"reason": standing.reason, "problem": standing.problem}
        return JSONResponse(told, headers={"Cache-Control": "no-store", **ANYWHERE})
