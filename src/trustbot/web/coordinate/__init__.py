"""The page of who keeps a corpus: files in, see what was read, questions, publish, roll back.

It changes a draft beside the corpus folder, by the commands of `trustbot-ingest` in processes of their own; only
publishing touches what is served.
"""
