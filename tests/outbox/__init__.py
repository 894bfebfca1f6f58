"""The outbox: keys, moves, chain, claims, the relay and its crashes."""
