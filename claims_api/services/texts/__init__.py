"""Rules about texts alone: folding, places, sentences, and what is alike or different between two."""
