"""The plain chain that a tutorial would build, for `trustbot bench` to be measured against.

In: `build MODEL DOCUMENTS STORE` or `ask MODEL STORE QUESTION` on the command line. Out: a Chroma store, or
the prompt that a chat model would get. It is the closest runnable equivalent of HuggingFaceEmbeddings with
`Chroma` behind an LCEL chain: sentence-transformers makes the vectors, chromadb keeps them and langchain_core
carries the chain; langchain-huggingface and langchain-chroma, which only wrap the first two, do not come with
this product. There is no chat model behind it either, so its time is a floor. This file imports nothing of
trustbot: it runs by its path, in a process of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

NAME = "textbook chain: sentence-transformers + Chroma + langchain_core, up to the prompt"
COLLECTION = "baseline"
PASSAGES = 4
"""Passages in the prompt: the default of LangChain's vector store retrievers."""


def paragraphs(folder: Path) -> list[str]:
    """The blank-line-separated paragraphs of every text file in `folder`, in a fixed order."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".txt"))
    texts = [part.strip() for p in files for part in p.read_text(encoding="utf-8").split("\n\n")]
    return [text for text in texts if text]


def build(model: Path, documents: Path, store: Path) -> int:
    """Embed and store every paragraph; the number stored."""
    texts = paragraphs(documents)
    vectors = _embedder(model).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    collection = _client(store).create_collection(COLLECTION, embedding_function=None)
    collection.add(ids=[str(i) for i in range(len(texts))], embeddings=vectors.tolist(), documents=texts)
    return len(texts)


def ask(model: Path, store: Path, question: str) -> str:
    """The prompt with the nearest paragraphs, ready for a chat model."""
    # As a tutorial has it: all three at the top, before anything is known about the question.
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    embedder, collection = (
        _embedder(model),
        _client(store).get_collection(COLLECTION, embedding_function=None),
    )

    def retrieve(query: str) -> str:
        vector = embedder.encode([query], normalize_embeddings=True, show_progress_bar=False)
        hits = collection.query(query_embeddings=vector.tolist(), n_results=PASSAGES)
        return "\n\n".join(hits["documents"][0])

    prompt = ChatPromptTemplate.from_template("Answer from this context only.\n\n{context}\n\nQuestion: {question}")
    chain = {"context": RunnableLambda(retrieve), "question": RunnablePassthrough()} | prompt
    return str(chain.invoke(question).to_string())


def _embedder(model: Path) -> Any:
    from sentence_transformers import SentenceTransformer  # noqa: TID251 - the thing measured against

    return SentenceTransformer(str(model), local_files_only=True)


def _client(store: Path) -> Any:
    import chromadb  # noqa: TID251 - the thing measured against

    return chromadb.PersistentClient(path=str(store))


def main(arguments: list[str]) -> int:
    """Run one of the two steps; 0."""
    match arguments:
        case ["build", model, documents, store]:
            sys.stdout.write(f"{build(Path(model), Path(documents), Path(store))}\n")
        case ["ask", model, store, question]:
            sys.stdout.write(ask(Path(model), Path(store), question) + "\n")
        case _:
            raise SystemExit("usage: baseline.py build MODEL DOCUMENTS STORE | ask MODEL STORE QUESTION")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
