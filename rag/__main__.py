"""`python -m rag` is `baowen`."""

from rag.cli import main

main()
