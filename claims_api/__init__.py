"""Keep claims, the exact passages that support or contradict them, and what follows from both."""

__version__ = "0.1.0"
