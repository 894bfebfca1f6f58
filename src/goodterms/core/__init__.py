"""The decisions: pure functions from frames to frames, without Django, I/O, clock or logging."""
