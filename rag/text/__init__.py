"""Chinese text: sentences, tokens, numbers and dates."""
