"""What programs ask over HTTP: answers and their evidence, exports, and OpenAI's protocol."""
