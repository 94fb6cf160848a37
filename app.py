"""What `python app.py` and a Gradio Space run: the web application on the address the host asks for."""

from __future__ import annotations

import os
import sys

from trustbot.errors import TrustbotError
from trustbot.runtime.process import begin
from trustbot.settings import load_settings
from trustbot.web import serve


def main() -> int:
    """Serve until interrupted; the exit code of a deliberate error otherwise."""
    begin()
    host = os.environ.get("GRADIO_SERVER_NAME") or None
    port = os.environ.get("PORT") or os.environ.get("GRADIO_SERVER_PORT") or None
    try:
        serve(load_settings(host=host, port=port))
    except TrustbotError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
