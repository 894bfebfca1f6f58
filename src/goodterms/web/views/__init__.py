"""One module per page; a view makes one call inward."""
