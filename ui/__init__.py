"""The newsroom desk in the browser."""
