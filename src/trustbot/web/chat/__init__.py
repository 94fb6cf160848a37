"""The chat in a browser: Gradio's components, a conversation's steps, and the door to both."""
