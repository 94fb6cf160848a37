"""The addresses of the tool, from the root of the site. This module knows nothing else."""

from __future__ import annotations

LOGIN = "/lti/login"
LAUNCH = "/lti/launch"
JWKS = "/lti/jwks"
CONFIG = "/lti/config.json"
DEEP_LINK = "/lti/deep-link"
REGISTER = "/lti/register"
"""With the secret of an invitation behind it."""

LTI_POSTS = frozenset({LOGIN, LAUNCH})
"""What a platform's page may post to from its own site; who may is told by signatures."""
