"""The versioned index in Chroma, and the documents that were ever published."""
