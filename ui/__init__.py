"""The desk in the browser. `ui.app` composes it; nothing in `rag` imports it."""
