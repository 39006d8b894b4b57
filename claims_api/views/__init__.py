"""One blueprint for each noun of the URL; a view parses, asks, answers."""
