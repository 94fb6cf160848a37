"""What every route stands on: addresses, pages, markup, bodies and their shapes, errors, caching, figures."""
