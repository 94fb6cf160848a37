"""Who may ask, and how often: visitors' tokens, limits, and admission. Nothing about a visitor is stored or logged."""
