"""What other machines know of works: the only part of ingest that reaches the network.

`client` asks, politely, and keeps what it got; `crossref`, `pubmed` and `europepmc` read the answers of one service
each; `licences` says what may be done with a text. `updates` says what was published about a work later. Used by
`trustbot-ingest add` and `check --retractions` and by nothing else.
"""
