"""LlamaIndex is imported by one thread at a time.

Its modules import one another in circles: of two threads that import it at once, one finds a module half made, and fails
with an ImportError. Slow imports stand in the functions that need them, so the first questions of a desk are such threads.
"""

import threading

IMPORTING = threading.Lock()
"""Held while a function that threads may call at once imports from `llama_index`."""
