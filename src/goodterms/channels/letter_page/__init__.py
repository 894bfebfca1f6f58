"""The page of a letter, as a template for typst."""
