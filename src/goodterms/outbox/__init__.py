"""The guarantee that an effect happens: once decided, sent once, recorded for ever."""
