"""From a page file to its articles.

`read_paths` does everything; `read_file` reads one file; `find_files` says which files there are.
"""

from __future__ import annotations

from rag.pages.continuations import joined
from rag.pages.editions import SourceFile, find_files
from rag.pages.reading import read_file, read_paths, read_sources, separate_pages

__all__ = ["SourceFile", "find_files", "joined", "read_file", "read_paths", "read_sources", "separate_pages"]
