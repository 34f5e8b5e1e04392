"""The command screen, its pages, the API beside it."""
