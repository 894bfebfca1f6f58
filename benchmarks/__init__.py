"""Every promise about speed as a runnable script that prints a table; ``python -m benchmarks`` runs them all."""
