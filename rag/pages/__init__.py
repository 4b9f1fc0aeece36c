"""From a page file to its articles."""
