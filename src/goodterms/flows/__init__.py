"""One module per thing that happens, one transaction each."""
