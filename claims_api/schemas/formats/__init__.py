"""The formats of import and export, which are others' but for bundles; ``registry`` names them all."""
