"""Mail that comes in: fetched, taken apart and made safe to look at; what follows from it is decided elsewhere."""
